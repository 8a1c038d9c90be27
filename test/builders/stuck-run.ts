import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { type ErrorClass, judgeRetry } from '../../domain/errors/error-class.ts'
import { lockRun, record } from '../../domain/runs/step-journal.ts'

/**
 * Makes a step of an accepted run stuck. The default is `create-user` with an error of the class `needs_input`.
 * @param others the status of other steps that have begun, so that the run has an organization and a user. A `running` one has called a provider and has no answer yet.
 */
export async function makeStuck(
  db: DatabaseConnection,
  runId: string,
  {
    step = 'create-user',
    errorClass = 'needs_input',
    others = {},
  }: {
    step?: string
    errorClass?: ErrorClass
    others?: Record<string, 'done' | 'skipped' | 'running'>
  } = {},
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const run = await lockRun(transaction, runId)
    const retry = judgeRetry({ class: errorClass }, 'correctable')
    const error = {
      ...{ code: 'email_taken', class: errorClass, retry },
      ...{ message: 'Taken.', nextAction: 'Use another one.' },
    }
    const intentAt = errorClass === 'unknown_outcome' ? new Date() : null
    const entry = { stepId: step, revision: 1, attempts: 1, intentAt, error, finishedAt: null }
    const begun = Object.entries(others).map(([stepId, status]) => {
      const intent = status === 'running' ? new Date() : null
      return { ...entry, stepId, status, intentAt: intent, error: null }
    })
    await record(transaction, run, {
      steps: [{ ...entry, status: 'needs_attention' }, ...begun],
      run: {
        status: 'needs_attention',
        ...(begun.length === 0 ? {} : { organizationId: 'org_1', userId: 'usr_1' }),
      },
    })
  })
}
