-- A range of the hash ring that wraps around its end.
SELECT GrainId, ReminderName, StartTime, Period, Version FROM Reminder WHERE ServiceId = @ServiceId AND (GrainHash > @BeginHash OR GrainHash <= @EndHash);
