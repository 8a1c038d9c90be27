import { describe, expect, test } from 'vitest'
import type { History, JournalRun } from './history/history.ts'
import { checkInvariants } from './invariants/check-invariants.ts'
import { companyOf, fullBody } from './scenario/bodies.ts'
import { noTroubles } from './scenario/troubles.ts'

const month = '2026-10'

function done(id: string, output: Record<string, unknown> = {}): JournalRun['steps'][number] {
  return { id, optional: id === 'notify-user', status: 'done', output, error: null }
}

/** What everybody has on record of one account that was added, and charged once. */
function soundHistory(): History & { run: JournalRun } {
  const body = fullBody('account-1', { kind: 'purchased', licenses: 3 })
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
    askedAgain: 0,
  }
  const account = { organizationId: 'org_1', externalId: 'sub_1' }
  return {
    run,
    runs: [run],
    sent: [
      {
        request: {
          name: 'account-1',
          parent: 'root',
          body,
          conduct: 'plain',
          troubles: noTroubles,
          person: 'careful',
        },
        answers: [{ what: 'first', status: 202, id: 'onb_1' }],
        id: 'onb_1',
      },
    ],
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
      subscriptions: [{ organizationId: 'org_1', billingAdapter: 'http', externalId: 'sub_1' }],
      pools: [{ organizationId: 'org_1', allocated: 3 }],
      ledgerRecords: [],
      bills: [
        {
          id: 'bil_1',
          organizationId: 'org_1',
          month,
          billingAdapter: 'http',
          trial: 0,
          purchased: 2,
          externalReference: 'use_1',
        },
      ],
      invoices: [{ organizationId: 'org_1', month, number: 'A-1', billingAdapter: 'http' }],
    },
    books: {
      messages: [{ to: 'account-1@chaos.example', messageId: 'onb_1.notify-user.1@tenantry.example' }],
      effects: [
        { operation: 'ensureCustomer', key: 'c', organizationId: 'org_1', externalId: 'cus_1' },
        { operation: 'ensureSubscription', key: 's', ...account },
        {
          operation: 'reportUsage',
          key: 'bil_1',
          organizationId: 'org_1',
          month,
          usage: { trial: 0, purchased: 2 },
        },
      ],
      running: [account],
      misuses: [],
      injections: [],
    },
    histories: [
      { run: 'onb_1', executions: 1, status: 'completed', done: run.steps.map(({ id }) => id), undone: [] },
    ],
    used: [{ organizationId: 'org_1', devices: 2 }],
    crashes: [],
  }
}

type Tampering = (history: ReturnType<typeof soundHistory>) => unknown

/** What the checkInvariants says about records that somebody has tampered with. */
function said(tamper: Tampering): string[] {
  const history = soundHistory()
  tamper(history)
  return checkInvariants(history).flatMap(({ violations }) => violations.map(({ what }) => what))
}

const again = <Item>(items: Item[], change: Partial<Item> = {}) =>
  items.push({ ...items[0], ...change } as Item)
const stepAt = ({ run }: { run: JournalRun }, id: string) => run.steps.find((step) => step.id === id)
const stuck =
  (errorClass: 'retryable' | 'unknown_outcome'): Tampering =>
  (history) => {
    history.run.status = 'needs_attention'
    const error = { code: 'mail_gone', class: errorClass, message: 'Gone.', nextAction: 'Wait.' }
    Object.assign(stepAt(history, 'notify-user') ?? {}, { status: 'needs_attention', error })
    Object.assign(history.histories[0] ?? {}, {
      status: 'running',
      done: ['create-organization', 'create-user', 'start-billing', 'provision-licenses'],
    })
  }

describe('the judge', () => {
  test('has nothing to say about records that agree, nor about a person who has yet to decide', () => {
    expect(said(() => undefined)).toEqual([])
    expect(said(stuck('unknown_outcome'))).toEqual([])
  })

  test.each<[string, Tampering, RegExp]>([
    ['lost', ({ runs }) => runs.pop(), /accepted and is not on record/],
    ['left under way', ({ run }) => (run.status = 'running'), /nobody works on it/],
    ['stuck without need', stuck('retryable'), /because of mail_gone, which is over/],
    ['failed without refusal', ({ run }) => (run.status = 'failed'), /no step has refused it/],
    [
      'not cancelled as told',
      ({ sent }) => Object.assign(sent[0] ?? {}, { cancelled: true }),
      /told that it is cancelled/,
    ],
    ['accepted twice', ({ runs }) => again(runs, { id: 'onb_2' }), /Nobody was told of this onboarding/],
    [
      'answered with another onboarding',
      ({ sent }) => sent[0]?.answers.push({ what: 'repeated', status: 202, id: 'onb_2' }),
      /names another onboarding/,
    ],
    [
      'taken with another body',
      ({ sent }) => sent[0]?.answers.push({ what: 'other body', status: 202, id: 'onb_1' }),
      /takes another body/,
    ],
    [
      'given two organizations',
      ({ tables }) => again(tables.organizations, { id: 'org_2' }),
      /2 times the company/,
    ],
    ['given two users', ({ tables }) => again(tables.users, { id: 'usr_2' }), /2 times the email/],
    ['given two subscriptions', ({ tables }) => again(tables.subscriptions), /2 times the subscription of/],
    ['given two pools', ({ tables }) => again(tables.pools), /2 times the license pool/],
    [
      'subscribed twice at the provider',
      ({ books }) =>
        books.effects.push({ operation: 'ensureSubscription', key: 't', organizationId: 'org_1' }),
      /2 times the subscription at the provider/,
    ],
    [
      'charged twice',
      ({ books }) =>
        books.effects.push({ operation: 'reportUsage', key: 'u', organizationId: 'org_1', month }),
      /2 times the charge at the provider/,
    ],
    ['sent two messages', ({ books }) => again(books.messages), /2 messages arrived, and 1 were asked for/],
    ['sent no message', ({ books }) => books.messages.pop(), /never arrived/],
    [
      'without its user',
      ({ tables }) => tables.users.pop(),
      /create-user is done, and the email is undefined/,
    ],
    [
      'with another email',
      ({ tables }) => Object.assign(tables.users[0] ?? {}, { email: 'x@y.z' }),
      /the email is x@y.z/,
    ],
    [
      'completed without a step',
      (history) => Object.assign(stepAt(history, 'create-user') ?? {}, { status: 'pending' }),
      /not all steps are/,
    ],
    ['billed by nobody', ({ books }) => books.running.pop(), /does not bill org_1 sub_1/],
    [
      'billed by a provider that nobody knows of',
      ({ books }) => again(books.running, { externalId: 'sub_2' }),
      /nobody has it on record/,
    ],
    ['sent under one key with two bodies', ({ books }) => books.misuses.push('Two bodies.'), /Two bodies/],
    ['never charged', ({ tables }) => tables.bills.pop(), /there is no bill/],
    [
      'charged for more than it used',
      ({ used }) => Object.assign(used[0] ?? {}, { devices: 1 }),
      /the bill says 2/,
    ],
    ['without an invoice', ({ tables }) => tables.invoices.pop(), /there is no invoice/],
    ['without a workflow', ({ histories }) => histories.pop(), /has no workflow/],
    [
      'still running as a workflow',
      ({ histories }) => Object.assign(histories[0] ?? {}, { status: 'running' }),
      /its workflow is running/,
    ],
    [
      'done behind its workflow’s back',
      ({ histories }) => histories[0]?.done.pop(),
      /notify-user is done, and its workflow heard/,
    ],
    [
      'started twice',
      ({ histories }) => Object.assign(histories[0] ?? {}, { executions: 2 }),
      /started 2 times/,
    ],
    [
      'served by a process that crashed',
      ({ crashes }) => crashes.push('worker 1'),
      /ended by itself: worker 1/,
    ],
  ])('notices an account that was %s', (_, tamper, expected) => {
    expect(said(tamper)).toContainEqual(expect.stringMatching(expected))
  })
})
