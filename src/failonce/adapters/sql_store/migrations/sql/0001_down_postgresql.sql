DROP VIEW skill_changelog;;
DROP VIEW error_candidates;;
DROP VIEW error_signatures;;
DROP VIEW agent_errors;;
DROP TRIGGER audit_is_never_changed ON audit;;
DROP TRIGGER lesson_version_is_never_changed ON lesson_version;;
DROP FUNCTION failonce_never_changes();;
DROP FUNCTION failonce_json_text(text, text);;
