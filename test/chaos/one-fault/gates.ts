import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Plugin, Step, StepContext } from '../../../plugins/plugin-contract.ts'

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
  // The steps of each placement have another context.
  const execute = (context: never, input: never) => around(context, () => step.execute(context, input))
  return { ...step, execute }
}

export async function startGateKeeper() {
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
    /** Holds the run at this boundary. */
    hold: (runId: string, boundary: Boundary) => void boundaries.set(runId, boundary),
    /** Holds every run at this boundary. */
    holdAll: (boundary: Boundary) => void allHeldAt.add(boundary),
    /** Fails the next attempt of the run, so its steps run as separate activities from there on. */
    refuseOnce: (runId: string) => void refused.add(runId),
    /** @returns the ids of the runs that are held now. */
    held: () => [...waiting.keys()],
    /** Lets all held runs go on, and holds no more runs. */
    open(): void {
      boundaries.clear()
      allHeldAt.clear()
      for (const held of waiting.values()) held.end()
    },
    close(): void {
      server.closeAllConnections()
      server.close()
    },
  }
}
