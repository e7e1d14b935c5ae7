/** A run's status by the numbers that the first schemas stored (`mlflow.entities.RunStatus`). */
export const RUN_STATUS: Readonly<Record<string, string>> = {
  '1': 'RUNNING',
  '2': 'SCHEDULED',
  '3': 'FINISHED',
  '4': 'FAILED',
  '5': 'KILLED',
};
