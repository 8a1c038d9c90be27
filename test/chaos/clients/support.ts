import { z } from 'zod'
import type { Recorder } from '../recorder/recorder.ts'
import type { ApiClient } from './api-client.ts'
import type { SentRequest } from './caller.ts'

/** The support people who decide on stuck runs. */
export type Support = ReturnType<typeof createSupport>

const stuckRun = z.object({
  id: z.string(),
  organizationId: z.string().nullable(),
  steps: z.array(
    z.object({
      id: z.string(),
      status: z.string(),
      optional: z.boolean(),
      error: z.object({ code: z.string(), class: z.string() }).nullable(),
    }),
  ),
})
type StuckRun = z.infer<typeof stuckRun>
type StuckStep = StuckRun['steps'][number]
const stuckPage = z.object({ items: z.array(stuckRun), nextCursor: z.string().nullable() })

interface Decision {
  kind: 'retry' | 'skip' | 'cancel'
  body: Record<string, unknown>
}

/** @param sent the requests of all callers; the array grows while support works. */
export function createSupport(api: ApiClient, recorder: Recorder, sent: readonly SentRequest[]) {
  const decideOn = async (run: StuckRun, step: StuckStep): Promise<Decision | undefined> => {
    const planned = sent.find(({ id }) => id === run.id)
    const request = planned?.request
    const { code = '', class: errorClass = '' } = step.error ?? {}
    if (errorClass === 'terminal') return { kind: 'cancel', body: { reason: 'The error is terminal.' } }
    if (code === 'email_taken' || code === 'recipient_refused') {
      if (request?.supportAgent === 'impatient')
        return { kind: 'cancel', body: { reason: 'It takes too long.' } }
      const email = `corrected-${run.id}@chaos.example`
      return retry(step, 'The email was wrong.', { user: { email } })
    }
    if (code === 'name_refused') {
      if (planned !== undefined) await rename(run, planned)
      return retry(step, 'The provider refused the name.')
    }
    if (errorClass === 'unknown_outcome' && step.optional && request !== undefined) {
      if (request.supportAgent === 'silent') return undefined
      if (request.supportAgent === 'careful' && (await hasArrived(run.id)))
        return { kind: 'skip', body: { step: step.id, reason: 'The user has the message.' } }
      return retry(step, 'The user has no message.')
    }
    return retry(step, 'The fault is over.')
  }
  const rename = async ({ organizationId }: StuckRun, planned: SentRequest): Promise<void> => {
    const name = `${planned.request.name} Incorporated`
    const patch = { headers: { 'if-match': '*' }, body: { name } }
    const { status } = await api.call('PATCH', `/v1/organizations/${organizationId}`, patch)
    if (status === 200) planned.renamed = name
  }
  const hasArrived = async (runId: string): Promise<boolean> => {
    const { messages } = await recorder.read()
    return messages.some(({ messageId }) => messageId.startsWith(`${runId}.`))
  }
  const submit = async (resource: string, run: StuckRun, { kind, body }: Decision): Promise<boolean> => {
    const path = `${resource}/${run.id}/${kind}`
    const { status } = await api.call('POST', path, { body })
    if (status === 202) return true
    // The API may refuse the corrected input, or support has corrected it before: retry without it.
    const { input, ...withoutInput } = body
    return input !== undefined && (await api.call('POST', path, { body: withoutInput })).status === 202
  }

  return {
    /** Decides once on each stuck step. @returns the number of decisions that the API accepted. */
    async decide(): Promise<number> {
      let decided = 0
      for (const resource of ['/v1/onboardings', '/v1/operations']) {
        for (const run of await listStuck(api, resource)) {
          for (const step of run.steps.filter(({ status }) => status === 'needs_attention')) {
            const decision = await decideOn(run, step)
            if (decision !== undefined && (await submit(resource, run, decision))) decided += 1
          }
        }
      }
      return decided
    },
  }
}

function retry(step: StuckStep, reason: string, input?: Record<string, unknown>): Decision {
  return { kind: 'retry', body: { step: step.id, reason, ...(input === undefined ? {} : { input }) } }
}

async function listStuck(api: ApiClient, resource: string): Promise<StuckRun[]> {
  const all: StuckRun[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`
    const { body } = await api.call('GET', `${resource}?status=needs_attention&limit=100${after}`)
    const page = stuckPage.parse(body)
    all.push(...page.items)
    cursor = page.nextCursor
  }
  return all
}
