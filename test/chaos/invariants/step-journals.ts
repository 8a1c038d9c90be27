import type { History, JournalRun } from '../history/history.ts'
import { isOnboarding, type Invariant, runViolation, stepOf, type Violation } from './invariant.ts'

export const stepJournals: Invariant = {
  title: 'the step journal and the tables agree',
  check(history) {
    const onboardings = history.runs.filter(isOnboarding)
    const steps = history.runs.reduce((sum, run) => sum + run.steps.length, 0)
    const { organizations, users, subscriptions, pools } = history.tables
    const rows = organizations.length + users.length + subscriptions.length + pools.length
    return {
      compared: `${steps} steps of ${history.runs.length} runs, ${rows} rows`,
      violations: [
        ...history.runs.flatMap(wrongStatus),
        ...onboardings.flatMap((run) => disagreements(run, history)),
      ],
    }
  },
}

function wrongStatus(run: JournalRun): Violation[] {
  const isDone = run.steps.every(
    ({ status, optional }) => status === 'done' || (status === 'skipped' && optional),
  )
  if (run.status === 'completed')
    return isDone ? [] : [runViolation(run, 'The run is completed, and not all of its steps are done.')]
  return isDone ? [runViolation(run, `All steps are done, and the run is ${run.status}.`)] : []
}

/** A done step has created exactly what the request describes. Any other step has created nothing. */
function disagreements(run: JournalRun, { tables, sent }: History): Violation[] {
  const { request, organizationId } = run
  const organization = tables.organizations.find(({ id }) => id === organizationId)
  const user = tables.users.find((each) => each.organizationId === organizationId)
  const subscription = tables.subscriptions.find((each) => each.organizationId === organizationId)
  const pool = tables.pools.find((each) => each.organizationId === organizationId)
  const sentRequest = sent.find(({ id }) => id === run.id)
  const billing = stepOf(run, 'start-billing')
  const facts = [
    ['create-organization', 'type', organization?.type, request.type],
    ['create-organization', 'parent', organization?.parentId, run.parentId],
    ['create-organization', 'name', organization?.name, sentRequest?.renamed ?? sentRequest?.request.name],
    ['create-user', 'email', user?.email, request.user?.email],
    ['create-user', 'id', user?.id, run.userId],
    ['start-billing', 'adapter', subscription?.billingAdapter, request.plan?.billingAdapter],
    ['start-billing', 'subscription', subscription?.externalId, billing?.output?.subscriptionExternalId],
    ['provision-licenses', 'licenses', pool?.allocated, request.plan?.licenses],
  ] as const
  return facts.flatMap(([id, field, found, requested]) => {
    const { status = 'not in the run plan' } = stepOf(run, id) ?? {}
    const expected = status === 'done' ? requested : undefined
    if (found === expected) return []
    const difference = `the ${field} is ${String(found)} instead of ${String(expected)}`
    return [runViolation(run, `Step ${id} is ${status}, and ${difference}.`)]
  })
}
