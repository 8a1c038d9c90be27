import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { type ErrorClass, judgeRetry } from '../../domain/errors/error-class.ts'
import { lockRun, record } from '../../domain/runs/step-journal.ts'

/** Brings an accepted onboarding to where a step of it waits for a person. */
export async function getStuck(
  db: DatabaseConnection,
  runId: string,
  { step = 'create-user', errorClass = 'needs_input' }: { step?: string; errorClass?: ErrorClass } = {},
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const onboarding = await lockRun(transaction, runId)
    const retry = judgeRetry({ class: errorClass }, 'correctable')
    const error = {
      ...{ code: 'email_taken', class: errorClass, retry },
      ...{ message: 'Taken.', nextAction: 'Use another one.' },
    }
    const intentAt = errorClass === 'unknown_outcome' ? new Date() : null
    const entry = { stepId: step, revision: 1, attempts: 1, intentAt, error, finishedAt: null }
    await record(transaction, onboarding, {
      steps: [{ ...entry, status: 'needs_attention' }],
      run: { status: 'needs_attention' },
    })
  })
}
