import type { DatabaseConnection } from './database/connection.ts'
import type { OnboardingStatus } from './database/tables.ts'
import { appendEvents } from './onboarding-events.ts'

/** Notes in an onboarding's history who asked for its end, and why. */
export async function recordCancelRequest(
  db: DatabaseConnection,
  request: { onboardingId: string; status: OnboardingStatus; actor: string; reason?: string | undefined },
): Promise<void> {
  const { onboardingId, status, actor, reason } = request
  await db.transaction().execute(async (transaction) => {
    const data = { status, requested: 'cancel', actor, ...(reason === undefined ? {} : { reason }) }
    await appendEvents(transaction, onboardingId, [{ type: 'onboarding', data }])
  })
}
