import { z } from 'zod'
import type { Recorder } from '../recorder/recorder.ts'
import type { ApiClient } from './api-client.ts'
import type { SentRequest } from './customer.ts'

/** People who look after what is stuck, one by one. */
export interface Support {
  /** Decides once on everything that waits for a person. @returns how often a decision was taken. */
  decide(): Promise<number>
}

const stuckRun = z.object({
  id: z.string(),
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
const listed = z.object({ items: z.array(stuckRun), nextCursor: z.string().nullable() })

interface Decision {
  operation: 'retry' | 'skip' | 'cancel'
  body: Record<string, unknown>
}

/** @param sent all that customers have sent, which grows. */
export function createSupport(api: ApiClient, recorder: Recorder, sent: readonly SentRequest[]): Support {
  const decideOn = async (run: StuckRun, step: StuckStep): Promise<Decision | undefined> => {
    const request = sent.find(({ id }) => id === run.id)?.request
    const { code = '', class: errorClass = '' } = step.error ?? {}
    if (errorClass === 'terminal') return { operation: 'cancel', body: { reason: 'It can not be done.' } }
    if (code === 'email_taken' || code === 'recipient_refused') {
      if (request?.person === 'impatient')
        return { operation: 'cancel', body: { reason: 'It takes too long.' } }
      const email = `corrected-${run.id}@chaos.example`
      return retry(step, 'It was another address.', { user: { email } })
    }
    if (code === 'name_refused')
      return retry(step, 'The provider wants another name.', {
        company: { name: `${request?.name} Incorporated` },
      })
    if (errorClass === 'unknown_outcome' && step.optional && request !== undefined) {
      if (request.person === 'silent') return undefined
      if (request.person === 'careful' && (await hasArrived(run.id)))
        return { operation: 'skip', body: { step: step.id, reason: 'They have the message.' } }
      return retry(step, 'They say that they have no message.')
    }
    return retry(step, 'The cause is mended.')
  }
  const hasArrived = async (runId: string): Promise<boolean> => {
    const { messages } = await recorder.read()
    return messages.some(({ messageId }) => messageId.startsWith(`${runId}.`))
  }
  const carryOut = async (
    resource: string,
    run: StuckRun,
    { operation, body }: Decision,
  ): Promise<boolean> => {
    const path = `${resource}/${run.id}/${operation}`
    const { status } = await api.call('POST', path, { body })
    if (status === 202) return true
    // What stands against a correction is gone once it was tried again as it is, or somebody else has decided.
    const { input, ...asItIs } = body
    return input === undefined ? false : (await api.call('POST', path, { body: asItIs })).status === 202
  }

  return {
    async decide() {
      let decided = 0
      for (const resource of ['/v1/onboardings', '/v1/operations']) {
        for (const run of await everyStuck(api, resource)) {
          for (const step of run.steps.filter(({ status }) => status === 'needs_attention')) {
            const decision = await decideOn(run, step)
            if (decision !== undefined && (await carryOut(resource, run, decision))) decided += 1
          }
        }
      }
      return decided
    },
  }
}

function retry(step: StuckStep, reason: string, input?: Record<string, unknown>): Decision {
  return { operation: 'retry', body: { step: step.id, reason, ...(input === undefined ? {} : { input }) } }
}

async function everyStuck(api: ApiClient, resource: string): Promise<StuckRun[]> {
  const all: StuckRun[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`
    const { body } = await api.call('GET', `${resource}?status=needs_attention&limit=100${after}`)
    const page = listed.parse(body)
    all.push(...page.items)
    cursor = page.nextCursor
  }
  return all
}
