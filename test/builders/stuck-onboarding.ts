import type { DatabaseConnection } from '../../domain/database/connection.ts'
import type { ErrorClass } from '../../domain/errors.ts'
import { lockOnboarding, recordOnboarding, recordSteps } from '../../domain/step-ledger.ts'

/** Brings an accepted onboarding to where a step of it waits for a person. */
export async function getStuck(
  db: DatabaseConnection,
  onboardingId: string,
  { step = 'create-user', errorClass = 'needs_input' as ErrorClass } = {},
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const onboarding = await lockOnboarding(transaction, onboardingId)
    const error = { code: 'email_taken', class: errorClass, message: 'Taken.', nextAction: 'Use another one.' }
    await recordSteps(transaction, onboardingId, [
      { stepId: step, revision: 1, status: 'needs_attention', attempts: 1, intentAt: null, error, finishedAt: null },
    ])
    await recordOnboarding(transaction, onboarding, { status: 'needs_attention' })
  })
}
