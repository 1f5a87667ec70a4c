-- A range of the hash ring that does not wrap.
SELECT GrainId, ReminderName, StartTime, Period, Version FROM Reminder WHERE ServiceId = @ServiceId AND GrainHash > @BeginHash AND GrainHash <= @EndHash;
