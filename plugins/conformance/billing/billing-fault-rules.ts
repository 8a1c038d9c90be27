import type { ErrorClass, Plugin, StepError } from '../../plugin-contract.ts'
import { type Call, newKey, billingMethods } from './billing-methods.ts'
import { callDirectly, calledDirectly, throughProxy } from './billing-harness.ts'
import { type ProviderSubject, withAdapter } from './billing-subject.ts'
import { type Check, expectEffects, ensure, ensureSame } from '../check.ts'
import { failureOf, limitsOf } from '../faults/failures.ts'
import type { HttpFault } from '../faults/http-proxy.ts'
import { unreachableUrl } from '../faults/unreachable-url.ts'

/** A person can fix the cause and retry. The class `terminal` would refuse that retry. */
const fixable: readonly ErrorClass[] = ['retryable', 'needs_input']
const repeatable: readonly ErrorClass[] = ['retryable', 'unknown_outcome']
const anyClass: readonly ErrorClass[] = ['retryable', 'needs_input', 'terminal', 'unknown_outcome']

const json = { 'content-type': 'application/json' }

interface FaultRule {
  name: string
  when: string
  fault: HttpFault
  classes: readonly ErrorClass[]
  also?(error: StepError): void
}

const faults: readonly FaultRule[] = [
  {
    name: 'a 429 answer is retryable after the time in Retry-After',
    when: 'Answered with 429 and Retry-After: 7',
    fault: answered(429, '{}', { ...json, 'retry-after': '7' }),
    classes: ['retryable'],
    also: ({ retryAfter }) =>
      ensureSame(retryAfter, 7_000, 'retryAfter, in milliseconds, for Retry-After: 7'),
  },
  {
    name: 'a 401 answer is not terminal, so the call can be retried with correct credentials',
    when: 'Answered with 401',
    fault: answered(401, '{}', json),
    classes: fixable,
  },
  {
    name: 'a 500 answer is retryable or has an unknown outcome',
    when: 'Answered with 500',
    fault: answered(500, '{}', json),
    classes: repeatable,
  },
  {
    name: 'an HTML page as answer is a StepError',
    when: 'Answered with 200 and an HTML page',
    fault: answered(200, '<html>It works!</html>', { 'content-type': 'text/html' }),
    classes: anyClass,
  },
]

/** Rules for the errors of calls: the provider refuses, fails or cannot be reached, or the signal aborts. */
export function faultRules(subject: ProviderSubject): Check[] {
  return [
    ...faults.map((fault) => ({ name: fault.name, run: () => everyCallFails(subject, fault) })),
    {
      name: 'a provider that is down is retryable, and check fails',
      run: async () => {
        const plugin = subject.connect(await unreachableUrl(subject.providerUrl))
        await callsFailWithoutSetup(subject, plugin, 'With the provider down', ['retryable'])
      },
    },
    {
      name: 'check and every call fail with wrong credentials, and no error quotes them',
      run: () => {
        const plugin = subject.connectWithWrongCredentials(subject.providerUrl)
        return callsFailWithoutSetup(subject, plugin, 'With wrong credentials', fixable)
      },
    },
    ...badInputRules(subject),
    {
      name: 'a signal that has aborted prevents every call',
      run: () => abortedBeforeCall(subject),
    },
    {
      name: 'a signal that aborts during a call ends the call at once',
      run: () => abortedDuringCall(subject),
    },
  ]
}

function badInputRules(subject: ProviderSubject): Check[] {
  const { callWithBadInput } = subject
  if (callWithBadInput === undefined) return []
  return [
    calledDirectly(subject).check(
      'bad input is refused as needs_input or terminal, and has no effect',
      async (callAdapter) => {
        await expectEffects(subject, 0, 'A call with bad input', () =>
          failureOf(() => callAdapter(callWithBadInput), {
            when: 'With bad input',
            classes: ['needs_input', 'terminal'],
            ...limitsOf(subject),
          }),
        )
      },
    ),
  ]
}

/** Prepares every call while the provider works. Then the fault starts, and each call must fail as expected. */
async function everyCallFails(
  subject: ProviderSubject,
  { when, fault, classes, also }: FaultRule,
): Promise<void> {
  await throughProxy(subject, async (adapter, proxy) => {
    const callAdapter = callDirectly(adapter)
    const prepared: { name: string; call: Call | undefined }[] = []
    for (const { name, prepare } of billingMethods)
      prepared.push({ name, call: await prepare(callAdapter, adapter) })
    prepared.push({ name: 'find', call: find })
    proxy.meet(fault)
    for (const { name, call } of prepared) {
      if (call === undefined) continue
      const expected = { when: `${when}, in ${name}`, classes, ...limitsOf(subject) }
      const error = await failureOf(() => callAdapter(call), expected)
      also?.(error)
    }
  })
}

/** Makes calls with invented ids: an adapter that cannot reach its provider cannot prepare real ones. */
async function callsFailWithoutSetup(
  subject: ProviderSubject,
  plugin: Plugin,
  when: string,
  classes: readonly ErrorClass[],
): Promise<void> {
  const organizationId = 'org_conformance'
  const subscription = { organizationId, customerExternalId: 'cus_unknown', externalId: 'sub_unknown' }
  const calls: Record<string, Call> = {
    check: (adapter, { signal }) => adapter.check(signal),
    ensureCustomer: (adapter, call) =>
      adapter.ensureCustomer(call, { organizationId, name: 'Conformance Inc.' }),
    updateCustomer: (adapter, call) =>
      adapter.updateCustomer(call, { ...subscription, name: 'Conformance Inc.' }),
    cancel: (adapter, call) => adapter.cancel(call, subscription),
    find,
  }
  await withAdapter(plugin, (adapter) =>
    expectEffects(subject, 0, when, async () => {
      for (const [name, call] of Object.entries(calls)) {
        const expected = { when: `${when}, in ${name}`, classes, ...limitsOf(subject) }
        await failureOf(() => callDirectly(adapter)(call), expected)
      }
    }),
  )
}

async function abortedBeforeCall(subject: ProviderSubject): Promise<void> {
  await withAdapter(subject.connect(subject.providerUrl), async (adapter) => {
    for (const { name, prepare } of billingMethods) {
      const call = await prepare(callDirectly(adapter), adapter)
      if (call === undefined) continue
      await expectEffects(subject, 0, `${name} with a signal that had aborted`, () =>
        failureOf(() => call(adapter, { idempotencyKey: newKey(), signal: AbortSignal.abort() }), {
          when: `With a signal that had aborted, in ${name}`,
          classes: repeatable,
          ...limitsOf(subject),
        }),
      )
    }
  })
}

async function abortedDuringCall(subject: ProviderSubject): Promise<void> {
  await throughProxy(subject, async (adapter, proxy) => {
    const call = await billingMethods[0]?.prepare(callDirectly(adapter), adapter)
    ensure(call !== undefined, 'The contract has no call that could be aborted.')
    const attempt = new AbortController()
    proxy.meet({ kind: 'unheard', after: 0 })
    const pending = call(adapter, { idempotencyKey: newKey(), signal: attempt.signal })
    pending.catch(() => undefined)
    await proxy.waiting
    attempt.abort()
    await failureOf(() => pending, {
      when: 'With a signal that aborted during the call',
      classes: repeatable,
      // Long enough for a slow machine, and less than the time that the adapter waits by itself.
      within: subject.patience / 2,
    })
  })
}

const find: Call = (adapter, call) => adapter.find(call)

function answered(status: number, body: string, headers: Record<string, string>): HttpFault {
  return { kind: 'answered', status, headers, body, after: 0 }
}
