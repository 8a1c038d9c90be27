import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BillingStep, ExternalStep, Plugin, Step, TransactionalStep } from '../../plugins/contract.ts'

/** A moment in a step's life, such as `before create-user`: where a worker can be held, and killed. */
export type Boundary = `${'before' | 'after'} ${string}`

/** The plug-ins, with every step asking at its boundaries whether it may go on. */
export function withGates(plugins: Plugin[], gateUrl: string): Plugin[] {
  const pass = async (boundary: Boundary) => {
    await fetch(`${gateUrl}/${encodeURIComponent(boundary)}`)
  }
  return plugins.map((plugin) => ({
    ...plugin,
    steps: (plugin.steps ?? []).map((step) => gated(step, pass)),
  }))
}

function gated(step: Step, pass: (boundary: Boundary) => Promise<void>): Step {
  const around = async <Result>(execute: () => Promise<Result>): Promise<Result> => {
    await pass(`before ${step.id}`)
    const result = await execute()
    await pass(`after ${step.id}`)
    return result
  }
  if (step.placement === 'transactional') {
    const execute: TransactionalStep['execute'] = (context, input) =>
      around(() => step.execute(context, input))
    return { ...step, execute }
  }
  if (step.placement === 'external') {
    const execute: ExternalStep['execute'] = (context, input) => around(() => step.execute(context, input))
    return { ...step, execute }
  }
  const execute: BillingStep['execute'] = (context, input) => around(() => step.execute(context, input))
  return { ...step, execute }
}

export interface Gate {
  url: string
  /** Settles when a worker is held at the boundary; it is held until it dies. Every other boundary is open. */
  reached: Promise<void>
  close(): void
}

/** Holds the first worker that comes to this boundary. */
export async function holdAt(boundary: Boundary): Promise<Gate> {
  let held = false
  const { promise: reached, resolve } = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    const asked = decodeURIComponent((request.url ?? '').slice(1))
    if (asked !== boundary || held) {
      response.end()
      return
    }
    held = true
    resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
