import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type {
  BillingStep,
  ExternalStep,
  Plugin,
  Step,
  StepContext,
  TransactionalStep,
} from '../../../plugins/plugin-contract.ts'

/** A point before or after the effect of a step, such as `before create-user`, at which a run can be held. */
export type Boundary = `${'before' | 'after'} ${string}`

/**
 * @param gateUrl the URL of the gate keeper.
 * @returns the plug-ins, with steps that ask the gate keeper at each boundary whether they may go on.
 */
export function withGates(plugins: readonly Plugin[], gateUrl: string): Plugin[] {
  const pass: Pass = async ({ runId }, boundary) => {
    const answer = await fetch(`${gateUrl}/${runId}/${encodeURIComponent(boundary)}`)
    if (!answer.ok) throw new Error('The gate keeper refused.')
  }
  return plugins.map((plugin) => ({
    ...plugin,
    steps: (plugin.steps ?? []).map((step) => gated(step, pass)),
    retired: (plugin.retired ?? []).map((step) => gated(step, pass)),
  }))
}

type Pass = (context: StepContext, boundary: Boundary) => Promise<void>

function gated(step: Step, pass: Pass): Step {
  const around = async <Result>(context: StepContext, execute: () => Promise<Result>): Promise<Result> => {
    await pass(context, `before ${step.id}`)
    const result = await execute()
    await pass(context, `after ${step.id}`)
    return result
  }
  if (step.placement === 'transactional') {
    const execute: TransactionalStep['execute'] = (context, input) =>
      around(context, () => step.execute(context, input))
    return { ...step, execute }
  }
  if (step.placement === 'external') {
    const execute: ExternalStep['execute'] = (context, input) =>
      around(context, () => step.execute(context, input))
    return { ...step, execute }
  }
  const execute: BillingStep['execute'] = (context, input) =>
    around(context, () => step.execute(context, input))
  return { ...step, execute }
}

export interface GateKeeper {
  url: string
  /** Holds the run at this boundary. */
  hold(runId: string, boundary: Boundary): void
  /** Holds every run at this boundary. */
  holdAll(boundary: Boundary): void
  /** Fails the next attempt of the run, so its steps run as separate activities from there on. */
  refuseOnce(runId: string): void
  /** @returns the ids of the runs that are held now. */
  held(): string[]
  /** Lets all held runs go on, and holds no more runs. */
  open(): void
  close(): void
}

export async function startGateKeeper(): Promise<GateKeeper> {
  const boundaries = new Map<string, Boundary>()
  const allHeldAt = new Set<string>()
  const refused = new Set<string>()
  const waiting = new Map<string, ServerResponse>()
  const server = createServer((request, response) => {
    const [runId = '', boundary = ''] = (request.url ?? '').slice(1).split('/').map(decodeURIComponent)
    if (refused.delete(runId)) {
      response.writeHead(503).end()
    } else if (boundaries.get(runId) === boundary || allHeldAt.has(boundary)) {
      waiting.set(runId, response)
      response.on('close', () => waiting.delete(runId))
    } else {
      response.end()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: (runId, boundary) => void boundaries.set(runId, boundary),
    holdAll: (boundary) => void allHeldAt.add(boundary),
    refuseOnce: (runId) => void refused.add(runId),
    held: () => [...waiting.keys()],
    open() {
      boundaries.clear()
      allHeldAt.clear()
      for (const held of waiting.values()) held.end()
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
