-- Views with the names of the seeds, and the triggers that keep the record append-only.
-- Statements end with two semicolons, because functions hold single ones.

-- A text of a JSON object. Half a surrogate pair and NUL, which a text of another program may
-- hold, are no texts here: one of them must not stop everybody from reading the others.
CREATE FUNCTION failonce_json_text(document text, name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_replace(
    document, '\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\ufffd', 'g'
)::json ->> name;;

-- Half of what a row of evidence costs is to look for its session, source and signature, which
-- whoever writes it has just done, alone: nobody else writes, or removes one of those, meanwhile.
ALTER TABLE evidence
    DROP CONSTRAINT evidence_session_fkey,
    DROP CONSTRAINT evidence_source_fkey,
    DROP CONSTRAINT evidence_signature_fkey;;

ALTER TABLE signature_session
    DROP CONSTRAINT signature_session_signature_fkey,
    DROP CONSTRAINT signature_session_session_fkey;;

-- S10: every failure, newest names first.
CREATE VIEW agent_errors AS
SELECT
    evidence.seq AS id,
    to_timestamp(evidence.at / 1000000.0) AS ts,
    evidence.message AS error,
    evidence.tool AS component,
    evidence.tags::json AS tags,
    evidence.template AS norm_error,
    signature.current AS fingerprint
FROM evidence
JOIN signature ON signature.n = evidence.signature;;

-- S14, and S15's score, so that S16 can be asked of it; windows end with the newest day of
-- the project. Only rollups are read, never the evidence.
CREATE VIEW error_signatures AS
WITH
newest AS (
    SELECT project, max(day) AS day FROM daily GROUP BY project
),
hits AS (
    SELECT
        signature.project,
        signature.current,
        sum(CASE WHEN rollup.day > newest.day - 30 THEN rollup.hits ELSE 0 END) AS hits_30d,
        sum(CASE WHEN rollup.day > newest.day - 7 THEN rollup.hits ELSE 0 END) AS hits_7d
    FROM signature
    JOIN rollup ON rollup.signature = signature.n
    JOIN newest ON newest.project = signature.project
    GROUP BY signature.project, signature.current
),
named AS (
    SELECT DISTINCT ON (project, current)
        project, current, tool, error_type, template
    FROM signature
    ORDER BY project, current, newest_at DESC, newest_id DESC
)
SELECT
    hits.current AS fp,
    named.tool AS component,
    named.error_type AS kind,
    named.template AS norm_msg,
    hits.hits_30d,
    hits.hits_7d,
    ARRAY(
        SELECT DISTINCT signature_tag.tag
        FROM signature_tag
        JOIN signature ON signature.n = signature_tag.signature
        WHERE signature.project = hits.project AND signature.current = hits.current
        ORDER BY signature_tag.tag
    ) AS tags,
    hits.hits_7d * (SELECT value FROM impact_weight WHERE name = 'week')
        + hits.hits_30d * (SELECT value FROM impact_weight WHERE name = 'month')
        AS impact_score,
    hits.project
FROM hits
JOIN named ON named.project = hits.project AND named.current = hits.current;;

-- S15.
CREATE VIEW error_candidates AS
SELECT * FROM error_signatures;;

-- N2 and N3: the audit as the seed's changelog, one row for each version of a lesson.
-- What was proposed and went away without ever having been in force counts as rejected.
CREATE VIEW skill_changelog AS
WITH
applied AS (
    SELECT subject, version, max(seq) AS seq
    FROM audit
    WHERE action IN ('approve', 'auto_apply')
    GROUP BY subject, version
)
SELECT
    lesson_version.n AS id,
    failonce_json_text(lesson_version.proposal, 'target') AS skill_name,
    failonce_json_text(lesson_version.proposal, 'body') AS rule_content,
    failonce_json_text(lesson_version.proposal, 'reason') AS reason,
    CASE
        WHEN lesson_state.state = 'proposed' THEN 'pending'
        WHEN lesson_state.state = 'rejected' THEN 'rejected'
        WHEN lesson_state.state = 'reverted' THEN 'reverted'
        WHEN audit.action = 'auto_apply' THEN 'auto_applied'
        WHEN audit.action = 'approve' THEN 'approved'
        ELSE 'rejected'
    END AS status,
    lesson_version.mode AS mode,
    to_timestamp(lesson_version.created_at / 1000000.0) AS created_at,
    to_timestamp(lesson_state.reviewed_at / 1000000.0) AS reviewed_at
FROM lesson_version
JOIN lesson_state ON lesson_state.lesson = lesson_version.n
LEFT JOIN applied
    ON applied.subject = lesson_version.id AND applied.version = lesson_version.version
LEFT JOIN audit ON audit.seq = applied.seq;;

CREATE FUNCTION failonce_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION failonce_never_changes('the audit is append-only');;

CREATE TRIGGER lesson_version_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON lesson_version
FOR EACH STATEMENT EXECUTE FUNCTION failonce_never_changes('a version of a lesson never changes');;
