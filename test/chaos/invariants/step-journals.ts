import type { Evidence, LedgerRun } from '../history/history.ts'
import { about, isAddingAccount, type Rule, stepOf, type Violation } from './invariant.ts'

export const ledger: Rule = {
  title: 'the step ledger and the tables agree',
  check(evidence) {
    const onboardings = evidence.runs.filter(isAddingAccount)
    const steps = evidence.runs.reduce((sum, run) => sum + run.steps.length, 0)
    const { organizations, users, subscriptions, pools } = evidence.tables
    const rows = organizations.length + users.length + subscriptions.length + pools.length
    return {
      compared: `${steps} steps of ${evidence.runs.length} runs, ${rows} rows`,
      violations: [
        ...evidence.runs.flatMap(wrongStatus),
        ...onboardings.flatMap((run) => disagreements(run, evidence)),
      ],
    }
  },
}

function wrongStatus(run: LedgerRun): Violation[] {
  const isWhole = run.steps.every(
    ({ status, optional }) => status === 'done' || (status === 'skipped' && optional),
  )
  if (run.status === 'completed')
    return isWhole ? [] : [about(run, 'It is completed, and not all steps are.')]
  return isWhole ? [about(run, `All steps are done, and it is ${run.status}.`)] : []
}

/** What a step has made is there as it was asked for; what it has not made, or was undone, is not. */
function disagreements(run: LedgerRun, { tables, sent }: Evidence): Violation[] {
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
