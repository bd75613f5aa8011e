-- The staged rows of the dates that ran, with the run that made them.
INSERT INTO target.rows (/* columns: content */, data_hash, run_id, processed_at)
SELECT /* columns: content */, data_hash, @run_id, @now
FROM staging.good_rows
WHERE /* columns: partition */ IN UNNEST(@good_dates)
