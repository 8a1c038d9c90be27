import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { StartProgress } from './start-progress.ts'

const account = {
  type: 'customer',
  company: {
    name: 'Northwind Traders',
    state: 'Texas',
    city: 'Austin',
    website: 'https://northwind.example',
  },
  user: { fullName: 'Nancy Davolio', email: 'nancy@northwind.example', sendPasswordInstructions: true },
  plan: { kind: 'trial', licenses: 5 },
}

const onboardingSchema = z.object({
  id: z.string(),
  status: z.string(),
  steps: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      status: z.string(),
      error: z.object({ message: z.string(), nextAction: z.string() }).nullish(),
    }),
  ),
})
type Onboarding = z.infer<typeof onboardingSchema>

const finished = new Set(['completed', 'cancelled', 'failed', 'needs_attention'])
const uneventful = new Set(['pending', 'running'])
const pollMs = 50
const patienceMs = 60_000

export interface SampleOptions {
  origin: string
  apiKey: string
  progress: StartProgress
  signal: AbortSignal
}

/**
 * Adds one account through the API and prints its steps as they happen. The idempotency key makes later starts find the
 * same account. A failure is printed and does not stop the start.
 */
export async function addSampleAccount(options: SampleOptions): Promise<void> {
  const { progress, signal } = options
  progress.heading(`Sample account: ${account.company.name}`)
  try {
    let onboarding = await request(options, '/v1/organizations/root/accounts', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'sample-account' },
      body: JSON.stringify(account),
    })
    if (onboarding.status === 'completed') {
      progress.note(`exists since an earlier start (${onboarding.id})`)
      return
    }
    const printed = new Set<string>()
    const deadline = Date.now() + patienceMs
    while (!finished.has(onboarding.status) && Date.now() < deadline && !signal.aborted) {
      printNews(onboarding, printed, progress)
      await sleep(pollMs)
      onboarding = await request(options, `/v1/onboardings/${onboarding.id}`, {})
    }
    printNews(onboarding, printed, progress)
    progress.note(`${onboarding.status.replace('_', ' ')} (${onboarding.id})`)
  } catch (error) {
    if (signal.aborted) return
    progress.note(
      `the sample account could not be added: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function printNews(onboarding: Onboarding, printed: Set<string>, progress: StartProgress): void {
  for (const step of onboarding.steps) {
    const news = `${step.title}: ${step.status.replace('_', ' ')}`
    if (uneventful.has(step.status) || printed.has(news)) continue
    printed.add(news)
    if (step.status === 'done') progress.done(step.title)
    else progress.note(step.error == null ? news : `${news}. ${step.error.message} ${step.error.nextAction}`)
  }
}

type Init = { method?: string; headers?: Record<string, string>; body?: string }

async function request(options: SampleOptions, path: string, init: Init): Promise<Onboarding> {
  const response = await fetch(`${options.origin}${path}`, {
    ...init,
    headers: { ...init.headers, authorization: `Bearer ${options.apiKey}` },
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(10_000)]),
  })
  if (response.ok) return onboardingSchema.parse(await response.json())
  const problem = z
    .object({ title: z.string(), detail: z.string().optional() })
    .safeParse(await response.json())
  throw new Error(problem.data?.detail ?? problem.data?.title ?? `the API answered ${response.status}`)
}
