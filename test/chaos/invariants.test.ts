import { describe, expect, test } from 'vitest'
import type { History, JournalRun } from './history/history.ts'
import { checkInvariants } from './invariants/check-invariants.ts'
import { companyOf, fullBody } from './scenario/bodies.ts'
import { noCallFaults } from './scenario/call-faults.ts'
import type { PlannedRequest } from './scenario/requests.ts'

const month = '2026-10'

function done(id: string, output: Record<string, unknown> = {}): JournalRun['steps'][number] {
  return { id, optional: id === 'notify-user', status: 'done', output, error: null }
}

/** The history of one account that was added and billed once. */
function soundHistory(): History & { run: JournalRun } {
  const request: PlannedRequest = {
    name: 'account-1',
    parent: 'root',
    body: fullBody('account-1', { kind: 'purchased', licenses: 3 }),
    conduct: 'plain',
    callFaults: noCallFaults,
    supportAgent: 'careful',
  }
  const run: JournalRun = {
    id: 'onb_1',
    kind: 'add-account',
    key: 'account-1',
    status: 'completed',
    parentId: 'org_root',
    organizationId: 'org_1',
    userId: 'usr_1',
    request: {
      type: 'customer',
      company: { name: 'account-1' },
      user: { email: 'account-1@chaos.example', sendPasswordInstructions: true },
      plan: { licenses: 3, billingAdapter: 'http' },
    },
    steps: [
      done('create-organization'),
      done('create-user'),
      done('start-billing', { subscriptionExternalId: 'sub_1' }),
      done('provision-licenses'),
      done('notify-user'),
    ],
    messageRetries: 0,
  }
  const account = { organizationId: 'org_1', externalId: 'sub_1' }
  const charge = { organizationId: 'org_1', month }
  const usage = { trial: 0, purchased: 2 }
  return {
    run,
    runs: [run],
    sent: [{ request, answers: [{ to: 'first', status: 202, id: 'onb_1' }], id: 'onb_1' }],
    tables: {
      organizations: [
        {
          id: 'org_1',
          name: companyOf('account-1').name,
          type: 'customer',
          parentId: 'org_root',
          status: 'active',
        },
      ],
      users: [{ id: 'usr_1', email: 'account-1@chaos.example', organizationId: 'org_1' }],
      subscriptions: [{ ...account, billingAdapter: 'http' }],
      pools: [{ organizationId: 'org_1', allocated: 3 }],
      ledgerRecords: [],
      bills: [{ ...charge, id: 'bil_1', billingAdapter: 'http', ...usage, externalReference: 'use_1' }],
      invoices: [{ ...charge, number: 'A-1', billingAdapter: 'http' }],
    },
    books: {
      messages: [{ to: 'account-1@chaos.example', messageId: 'onb_1.notify-user.1@tenantry.example' }],
      effects: [
        { operation: 'ensureCustomer', key: 'c', organizationId: 'org_1', externalId: 'cus_1' },
        { operation: 'ensureSubscription', key: 's', ...account },
        { operation: 'reportUsage', key: 'bil_1', ...charge, usage },
      ],
      openSubscriptions: [{ ...account, customerName: companyOf('account-1').name }],
      misuses: [],
      injections: [],
    },
    workflows: [
      { runId: 'onb_1', executions: 1, status: 'completed', done: run.steps.map(({ id }) => id), undone: [] },
    ],
    used: [{ organizationId: 'org_1', devices: 2 }],
    crashes: [],
  }
}

type Change = (history: ReturnType<typeof soundHistory>) => unknown

/** @returns the messages of all violations after the change to the sound history. */
function violationsAfter(change: Change): string[] {
  const history = soundHistory()
  change(history)
  return checkInvariants(history).flatMap(({ violations }) => violations.map(({ message }) => message))
}

const repeatFirst = <Item>(items: Item[], change: Partial<Item> = {}) =>
  items.push({ ...items[0], ...change } as Item)
const stepAt = ({ run }: { run: JournalRun }, id: string) => run.steps.find((step) => step.id === id)
const stuck =
  (errorClass: 'retryable' | 'unknown_outcome'): Change =>
  (history) => {
    history.run.status = 'needs_attention'
    const error = { code: 'mail_gone', class: errorClass, message: 'Gone.', nextAction: 'Wait.' }
    Object.assign(stepAt(history, 'notify-user') ?? {}, { status: 'needs_attention', error })
    Object.assign(history.workflows[0] ?? {}, {
      status: 'running',
      done: ['create-organization', 'create-user', 'start-billing', 'provision-licenses'],
    })
  }

describe('the invariants', () => {
  test('hold for records that agree, and for a run that needs a decision', () => {
    expect(violationsAfter(() => undefined)).toEqual([])
    expect(violationsAfter(stuck('unknown_outcome'))).toEqual([])
  })

  const violatedBy: Record<string, [Change, RegExp]> = {
    'an accepted request without a run': [({ runs }) => runs.pop(), /accepted, and its run does not exist/],
    'a run that is still running': [({ run }) => (run.status = 'running'), /still running/],
    'a stuck step that a retry would resolve': [
      stuck('retryable'),
      /because of mail_gone, which a retry resolves/,
    ],
    'a failed run that no step refused': [
      ({ run }) => (run.status = 'failed'),
      /no step has a terminal error/,
    ],
    'a run that is completed although its cancel was accepted': [
      ({ sent }) => Object.assign(sent[0] ?? {}, { cancelled: true }),
      /accepted the cancel/,
    ],
    'an onboarding that no answer named': [
      ({ runs }) => repeatFirst(runs, { id: 'onb_2' }),
      /No answer named this onboarding/,
    ],
    'an answer that names another onboarding': [
      ({ sent }) => sent[0]?.answers.push({ to: 'repeated', status: 202, id: 'onb_2' }),
      /names another onboarding/,
    ],
    'an answer that accepts another body under the same key': [
      ({ sent }) => sent[0]?.answers.push({ to: 'changed', status: 202, id: 'onb_1' }),
      /accepts another body/,
    ],
    'two organizations of one account': [
      ({ tables }) => repeatFirst(tables.organizations, { id: 'org_2' }),
      /The company .* exists 2 times/,
    ],
    'two users of one account': [
      ({ tables }) => repeatFirst(tables.users, { id: 'usr_2' }),
      /The email .* exists 2 times/,
    ],
    'two subscriptions of one account': [
      ({ tables }) => repeatFirst(tables.subscriptions),
      /The subscription of org_1 exists 2 times/,
    ],
    'two license pools of one account': [
      ({ tables }) => repeatFirst(tables.pools),
      /The license pool of org_1 exists 2 times/,
    ],
    'two subscriptions at the provider': [
      ({ books }) =>
        books.effects.push({ operation: 'ensureSubscription', key: 't', organizationId: 'org_1' }),
      /The provider subscription of org_1 exists 2 times/,
    ],
    'two charges at the provider': [
      ({ books }) =>
        books.effects.push({ operation: 'reportUsage', key: 'u', organizationId: 'org_1', month }),
      /The provider charge of org_1 .* exists 2 times/,
    ],
    'two messages to one user': [
      ({ books }) => repeatFirst(books.messages),
      /2 messages arrived, and 1 were allowed/,
    ],
    'a message that did not arrive': [({ books }) => books.messages.pop(), /no message arrived/],
    'an account without its user': [
      ({ tables }) => tables.users.pop(),
      /create-user is done, and the email is undefined/,
    ],
    'a user with another email': [
      ({ tables }) => Object.assign(tables.users[0] ?? {}, { email: 'x@y.z' }),
      /the email is x@y.z/,
    ],
    'a completed run with a pending step': [
      (history) => Object.assign(stepAt(history, 'create-user') ?? {}, { status: 'pending' }),
      /not all of its steps are done/,
    ],
    'a subscription that the provider does not bill': [
      ({ books }) => books.openSubscriptions.pop(),
      /does not bill org_1 sub_1/,
    ],
    'a subscription at the provider that is not in our tables': [
      ({ books }) => repeatFirst(books.openSubscriptions, { externalId: 'sub_2' }),
      /not in our tables/,
    ],
    'a customer with another name at the provider': [
      ({ books }) => Object.assign(books.openSubscriptions[0] ?? {}, { customerName: 'Old' }),
      /the name Old/,
    ],
    'two bodies under one key': [({ books }) => books.misuses.push('Two bodies.'), /Two bodies/],
    'an account without a bill': [({ tables }) => tables.bills.pop(), /there is no bill/],
    'a bill for more licenses than were used': [
      ({ used }) => Object.assign(used[0] ?? {}, { devices: 1 }),
      /the bill says 2/,
    ],
    'a bill without an invoice': [({ tables }) => tables.invoices.pop(), /there is no invoice/],
    'a run without a workflow': [({ workflows }) => workflows.pop(), /has no workflow/],
    'a completed run whose workflow is still running': [
      ({ workflows }) => Object.assign(workflows[0] ?? {}, { status: 'running' }),
      /its workflow is running/,
    ],
    'a done step that the workflow history does not have': [
      ({ workflows }) => workflows[0]?.done.pop(),
      /notify-user is done, and the workflow history says/,
    ],
    'a workflow that was started twice': [
      ({ workflows }) => Object.assign(workflows[0] ?? {}, { executions: 2 }),
      /has 2 executions/,
    ],
    'a process that crashed': [({ crashes }) => crashes.push('worker 1'), /ended by itself: worker 1/],
  }
  test.each(Object.entries(violatedBy))('are violated by %s', (_, [change, expected]) => {
    expect(violationsAfter(change)).toContainEqual(expect.stringMatching(expected))
  })
})
