import type { BillingAdapter, ErrorClass, Plugin, StepError } from '../plugin-contract.ts'
import { newKey, operations } from './billing-operations.ts'
import { callDirectly } from './billing-stage.ts'
import { limit, type ProviderSubject, withAdapter } from './billing-subject.ts'
import { type Check, countingEffects, ensure, ensureSame } from './check.ts'
import { closedPort } from './closed-port.ts'
import { failureOf } from './failures.ts'
import { type HttpFault, throughHttpProxy } from './http-proxy.ts'

/** Mended by somebody, it may be tried again: a terminal error would refuse that. */
const mendable: readonly ErrorClass[] = ['retryable', 'needs_input']
const repeatable: readonly ErrorClass[] = ['retryable', 'unknown_outcome']
const anyClass: readonly ErrorClass[] = ['retryable', 'needs_input', 'terminal', 'unknown_outcome']

const json = { 'content-type': 'application/json' }

interface Fault {
  name: string
  when: string
  fault: HttpFault
  classes: readonly ErrorClass[]
  also?(error: StepError): void
}

const faults: readonly Fault[] = [
  {
    name: 'a provider that limits the rate is tried again when it says',
    when: 'Answered with 429 and Retry-After: 7',
    fault: answered(429, '{}', { ...json, 'retry-after': '7' }),
    classes: ['retryable'],
    also: ({ retryAfter }) =>
      ensureSame(retryAfter, 7_000, 'retryAfter, in milliseconds, for Retry-After: 7'),
  },
  {
    name: 'a provider that refuses the credentials by 401 may be called again once they are mended',
    when: 'Answered with 401',
    fault: answered(401, '{}', json),
    classes: mendable,
  },
  {
    name: 'a provider that fails by 500 is tried again',
    when: 'Answered with 500',
    fault: answered(500, '{}', json),
    classes: repeatable,
  },
  {
    name: 'an answer that is not what was agreed is a StepError',
    when: 'Answered with 200 and an HTML page',
    fault: answered(200, '<html>It works!</html>', { 'content-type': 'text/html' }),
    classes: anyClass,
  },
]

/** The provider does not do what it should, or may not. */
export function faultRules(subject: ProviderSubject): Check[] {
  return [
    ...faults.map(({ name, when, fault, classes, also }) => ({
      name,
      run: () =>
        throughHttpProxy(subject.providerUrl, (proxy) =>
          withAdapter(subject.connect(proxy.url), (adapter) =>
            everyCallFails(subject, adapter, { when, classes, also, begin: () => proxy.meet(fault) }),
          ),
        ),
    })),
    {
      name: 'a provider that is down is tried again, and check says so',
      run: async () => {
        const url = new URL(subject.providerUrl)
        url.port = String(await closedPort())
        await refusedFromTheStart(subject, subject.connect(url.href), {
          when: 'With the provider down',
          classes: ['retryable'],
        })
      },
    },
    {
      name: 'wrong credentials are told by check and by every call, without quoting them',
      run: () =>
        refusedFromTheStart(subject, subject.connectWithWrongCredentials(subject.providerUrl), {
          when: 'With wrong credentials',
          classes: mendable,
        }),
    },
    ...badInputRules(subject),
    {
      name: 'a signal that has aborted keeps a call from being made',
      run: () => stopsBefore(subject),
    },
    {
      name: 'a signal that aborts stops a call at once',
      run: () => stopsDuring(subject),
    },
  ]
}

function badInputRules(subject: ProviderSubject): Check[] {
  const { callWithBadInput } = subject
  if (callWithBadInput === undefined) return []
  return [
    {
      name: 'bad input asks for a correction or ends it, and has no effect',
      run: () =>
        withAdapter(subject.connect(subject.providerUrl), async (adapter) => {
          const call = { idempotencyKey: newKey(), signal: new AbortController().signal }
          await countingEffects(subject, 0, 'A call with bad input', () =>
            failureOf(() => callWithBadInput(adapter, call), {
              when: 'With bad input',
              classes: ['needs_input', 'terminal'],
              secrets: subject.secrets,
              within: limit(subject),
            }),
          )
        }),
    },
  ]
}

interface Failing {
  when: string
  classes: readonly ErrorClass[]
  also?: ((error: StepError) => void) | undefined
  /** From here on the calls fail. */
  begin(): void
}

/** Everything is arranged while all is well; then each call with an effect fails as it should. */
async function everyCallFails(
  subject: ProviderSubject,
  adapter: BillingAdapter,
  { when, classes, also, begin }: Failing,
): Promise<void> {
  const prepared = []
  for (const { name, prepare } of operations)
    prepared.push({ name, call: await prepare(adapter, callDirectly) })
  begin()
  const fails = async (name: string, call: () => Promise<unknown>) => {
    const expected = {
      when: `${when}, in ${name}`,
      classes,
      secrets: subject.secrets,
      within: limit(subject),
    }
    const error = await failureOf(call, expected)
    also?.(error)
  }
  for (const { name, call } of prepared)
    if (call !== undefined) await fails(name, () => callDirectly(adapter, newKey(), call))
  await fails('find', () => callDirectly(adapter, newKey(), (on, call) => on.find(call)))
}

/** Nothing can be arranged with such an adapter, so the ids of things are made up. */
async function refusedFromTheStart(
  subject: ProviderSubject,
  plugin: Plugin,
  { when, classes }: { when: string; classes: readonly ErrorClass[] },
): Promise<void> {
  const fails = (name: string, call: () => Promise<unknown>) =>
    failureOf(call, {
      when: `${when}, in ${name}`,
      classes,
      secrets: subject.secrets,
      within: limit(subject),
    })
  const organizationId = 'org_conformance'
  const subscription = { organizationId, customerExternalId: 'cus_nobody', externalId: 'sub_nobody' }
  await withAdapter(plugin, (adapter) =>
    countingEffects(subject, 0, when, async () => {
      await fails('check', () => adapter.check(new AbortController().signal))
      await fails('ensureCustomer', () =>
        callDirectly(adapter, newKey(), (on, call) =>
          on.ensureCustomer(call, { organizationId, name: 'Conformance Inc.' }),
        ),
      )
      await fails('cancel', () =>
        callDirectly(adapter, newKey(), (on, call) => on.cancel(call, subscription)),
      )
      await fails('find', () => callDirectly(adapter, newKey(), (on, call) => on.find(call)))
    }),
  )
}

async function stopsBefore(subject: ProviderSubject): Promise<void> {
  await withAdapter(subject.connect(subject.providerUrl), async (adapter) => {
    for (const { name, prepare } of operations) {
      const call = await prepare(adapter, callDirectly)
      if (call === undefined) continue
      await countingEffects(subject, 0, `${name} with a signal that had aborted`, () =>
        failureOf(() => call(adapter, { idempotencyKey: newKey(), signal: AbortSignal.abort() }), {
          when: `With a signal that had aborted, in ${name}`,
          classes: repeatable,
          within: limit(subject),
        }),
      )
    }
  })
}

async function stopsDuring(subject: ProviderSubject): Promise<void> {
  // Longer than any machine takes to notice, and less than the adapter waits by itself.
  const atOnce = subject.patience / 2
  await throughHttpProxy(subject.providerUrl, (proxy) =>
    withAdapter(subject.connect(proxy.url), async (adapter) => {
      const call = await operations[0]?.prepare(adapter, callDirectly)
      ensure(call !== undefined, 'There is no call to stop.')
      const attempt = new AbortController()
      proxy.meet({ kind: 'unheard', after: 0 })
      const calling = call(adapter, { idempotencyKey: newKey(), signal: attempt.signal })
      calling.catch(() => undefined)
      await proxy.waiting
      attempt.abort()
      await failureOf(() => calling, {
        when: 'With a signal that aborted during the call',
        classes: repeatable,
        within: atOnce,
      })
    }),
  )
}

function answered(status: number, body: string, headers: Record<string, string>): HttpFault {
  return { kind: 'answered', status, headers, body, after: 0 }
}
