DROP VIEW skill_changelog;;
DROP VIEW error_candidates;;
DROP VIEW error_signatures;;
DROP VIEW agent_errors;;
DROP TRIGGER audit_is_never_changed;;
DROP TRIGGER audit_is_never_deleted;;
DROP TRIGGER lesson_version_is_never_changed;;
DROP TRIGGER lesson_version_is_never_deleted;;
