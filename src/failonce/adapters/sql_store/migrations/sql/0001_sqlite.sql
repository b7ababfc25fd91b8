-- Views with the names of the seeds, and the triggers that keep the record append-only.
-- Statements end with two semicolons, because triggers hold single ones.

-- S10: every failure, newest names first.
CREATE VIEW agent_errors AS
SELECT
    evidence.seq AS id,
    strftime('%Y-%m-%dT%H:%M:%fZ', evidence.at / 1000000.0, 'unixepoch') AS ts,
    evidence.message AS error,
    evidence.tool AS component,
    evidence.tags AS tags,
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
    SELECT
        project, current, tool, error_type, template,
        row_number() OVER (
            PARTITION BY project, current ORDER BY newest_at DESC, newest_id DESC
        ) AS place
    FROM signature
)
SELECT
    hits.current AS fp,
    named.tool AS component,
    named.error_type AS kind,
    named.template AS norm_msg,
    hits.hits_30d,
    hits.hits_7d,
    (
        SELECT json_group_array(tag) FROM (
            SELECT DISTINCT signature_tag.tag
            FROM signature_tag
            JOIN signature ON signature.n = signature_tag.signature
            WHERE signature.project = hits.project AND signature.current = hits.current
            ORDER BY signature_tag.tag
        )
    ) AS tags,
    hits.hits_7d * (SELECT value FROM impact_weight WHERE name = 'week')
        + hits.hits_30d * (SELECT value FROM impact_weight WHERE name = 'month')
        AS impact_score,
    hits.project
FROM hits
JOIN named
    ON named.project = hits.project AND named.current = hits.current AND named.place = 1;;

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
    json_extract(lesson_version.proposal, '$.target') AS skill_name,
    json_extract(lesson_version.proposal, '$.body') AS rule_content,
    json_extract(lesson_version.proposal, '$.reason') AS reason,
    CASE
        WHEN lesson_state.state = 'proposed' THEN 'pending'
        WHEN lesson_state.state = 'rejected' THEN 'rejected'
        WHEN lesson_state.state = 'reverted' THEN 'reverted'
        WHEN audit.action = 'auto_apply' THEN 'auto_applied'
        WHEN audit.action = 'approve' THEN 'approved'
        ELSE 'rejected'
    END AS status,
    lesson_version.mode AS mode,
    strftime('%Y-%m-%dT%H:%M:%fZ', lesson_version.created_at / 1000000.0, 'unixepoch')
        AS created_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', lesson_state.reviewed_at / 1000000.0, 'unixepoch')
        AS reviewed_at
FROM lesson_version
JOIN lesson_state ON lesson_state.lesson = lesson_version.n
LEFT JOIN applied
    ON applied.subject = lesson_version.id AND applied.version = lesson_version.version
LEFT JOIN audit ON audit.seq = applied.seq;;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit is append-only'); END;;

CREATE TRIGGER lesson_version_is_never_changed BEFORE UPDATE ON lesson_version
BEGIN SELECT raise(ABORT, 'a version of a lesson never changes'); END;;

CREATE TRIGGER lesson_version_is_never_deleted BEFORE DELETE ON lesson_version
BEGIN SELECT raise(ABORT, 'a version of a lesson never changes'); END;;
