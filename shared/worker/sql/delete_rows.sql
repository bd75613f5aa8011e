-- Exactly the dates that ran lose their rows, also those that come out without any.
DELETE FROM target.rows
WHERE /* columns: partition */ BETWEEN @first_date AND @last_date
  AND /* columns: partition */ IN UNNEST(@good_dates)
