-- What lessons met before units were drawn for: kept, with a share of 0, so that it proves nothing.
INSERT INTO exposure (
    n, id, lesson, version, at, project, session, unit, arm, share, effect, tool, after, evidence
)
SELECT
    old.n,
    'r0002-' || old.n,
    old.lesson,
    old.version,
    old.at,
    coalesce(nullif(lesson_version.project, '*'), ''),
    old.session,
    old.session,
    old.arm,
    0.0,
    old.effect,
    coalesce(json_extract(lesson_version.proposal, '$.target'), ''),
    coalesce(json_extract(lesson_version.proposal, '$.kind') = 'hint', 0),
    old.evidence
FROM exposure_0002 AS old
LEFT JOIN lesson_version
    ON lesson_version.id = old.lesson AND lesson_version.version = old.version
ORDER BY old.n;;
