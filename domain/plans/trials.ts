import type { DatabaseConnection } from '../database/connection.ts'
import type { PlanTerms } from '../runs/run-requests.ts'

/** The trial that a purchased plan was converted from, when the conversion can still be taken back. */
export type TrialBefore =
  | { outcome: 'found'; terms: PlanTerms }
  /** It was never on trial. */
  | { outcome: 'never' }
  /** The purchased plan was billed already, and an invoice never changes. */
  | { outcome: 'invoiced' }

/** Looks for the trial that the present plan was converted from. */
export async function findTrialBefore(db: DatabaseConnection, organizationId: string): Promise<TrialBefore> {
  const periods = await db
    .selectFrom('plan_periods')
    .select(['kind', 'licenses', 'trial_ends_at as trialEndsAt', 'starts_at as startsAt'])
    .where('organization_id', '=', organizationId)
    .orderBy('starts_at', 'desc')
    .execute()
  const trialAt = periods.findIndex(({ kind }) => kind === 'trial')
  const trial = periods[trialAt]
  const conversion = periods[trialAt - 1]
  if (trial === undefined || conversion === undefined) return { outcome: 'never' }
  const billed = await db
    .selectFrom('bills')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('billed_at', '>=', conversion.startsAt)
    .where('purchased', '>', 0)
    .executeTakeFirst()
  if (billed !== undefined) return { outcome: 'invoiced' }
  return {
    outcome: 'found',
    terms: {
      kind: 'trial',
      licenses: trial.licenses,
      trialEndsAt: trial.trialEndsAt?.toISOString() ?? null,
    },
  }
}

/** What a subscription on these terms is: a trial whose end has come is expired. */
export function statusUnder({ kind, trialEndsAt }: PlanTerms, now: Date): 'active' | 'expired' {
  return kind === 'trial' && trialEndsAt !== null && new Date(trialEndsAt) <= now ? 'expired' : 'active'
}
