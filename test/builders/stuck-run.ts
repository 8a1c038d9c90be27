import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { type ErrorClass, judgeRetry } from '../../domain/errors/error-class.ts'
import { lockRun, record } from '../../domain/runs/step-journal.ts'

/** Makes a step of an accepted run stuck. The default is `create-user` with an error of the class `needs_input`. */
export async function makeStuck(
  db: DatabaseConnection,
  runId: string,
  { step = 'create-user', errorClass = 'needs_input' }: { step?: string; errorClass?: ErrorClass } = {},
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
    await record(transaction, run, {
      steps: [{ ...entry, status: 'needs_attention' }],
      run: { status: 'needs_attention' },
    })
  })
}
