import type { History, JournalRun } from '../history/history.ts'
import { about, isAddingAccount, type Invariant, stepOf, type Violation } from './invariant.ts'

export const ledger: Invariant = {
  title: 'the step journal and the tables agree',
  check(history) {
    const onboardings = history.runs.filter(isAddingAccount)
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
  const isWhole = run.steps.every(
    ({ status, optional }) => status === 'done' || (status === 'skipped' && optional),
  )
  if (run.status === 'completed')
    return isWhole ? [] : [about(run, 'It is completed, and not all steps are.')]
  return isWhole ? [about(run, `All steps are done, and it is ${run.status}.`)] : []
}

/** What a step has made is there as it was asked for; what it has not made, or was undone, is not. */
function disagreements(run: JournalRun, { tables, sent }: History): Violation[] {
  const { request, organizationId } = run
  const organization = tables.organizations.find(({ id }) => id === organizationId)
  const user = tables.users.find((each) => each.organizationId === organizationId)
  const subscription = tables.subscriptions.find((each) => each.organizationId === organizationId)
  const pool = tables.pools.find((each) => each.organizationId === organizationId)
  const customer = sent.find(({ id }) => id === run.id)
  const facts = [
    ['create-organization', 'type', organization?.type, request.type],
    ['create-organization', 'parent', organization?.parentId, run.parentId],
    ['create-organization', 'name', organization?.name, customer?.renamed ?? customer?.request.name],
    ['create-user', 'email', user?.email, request.user?.email],
    ['create-user', 'id', user?.id, run.userId],
    ['start-billing', 'adapter', subscription?.billingAdapter, request.plan?.billingAdapter],
    [
      'start-billing',
      'subscription',
      subscription?.externalId,
      stepOf(run, 'start-billing')?.output?.subscriptionExternalId,
    ],
    ['provision-licenses', 'licenses', pool?.allocated, request.plan?.licenses],
  ] as const
  return facts.flatMap(([id, what, found, asked]) => {
    const isDone = stepOf(run, id)?.status === 'done'
    const expected = isDone ? asked : undefined
    if (found === expected) return []
    const status = stepOf(run, id)?.status ?? 'not planned'
    return [
      about(run, `${id} is ${status}, and the ${what} is ${String(found)} instead of ${String(expected)}.`),
    ]
  })
}
