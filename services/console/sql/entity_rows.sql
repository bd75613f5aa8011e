-- The output rows of one entity on one date, columns as declared.
SELECT /* columns: content */
FROM target.rows
WHERE /* columns: partition */ = @cell_date
  AND LOWER(/* columns: entity */) = @entity
