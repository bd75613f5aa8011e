-- The rows that a processor's computation made.
SELECT /* columns: content */
FROM staging.computed
WHERE computed_kind = 'row'
