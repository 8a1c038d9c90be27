import { randomInt } from 'node:crypto'
import getPort, { portNumbers } from 'get-port'
import { StartFailure } from './failure.ts'

/** A free port on this machine: the preferred one when nobody else has it, else any. */
export async function freePort(preferred?: number): Promise<number> {
  // Below the range that systems take the ports of outgoing connections from: those would come in between.
  const start = randomInt(10_000, 32_000)
  const port = [...(preferred === undefined ? [] : [preferred]), ...portNumbers(start, start + 500)]
  return getPort({ reserve: true, port })
}

/** The first free one of a few ports, in order, and after them the ports from `from` on. */
export async function firstFreePort(candidates: readonly number[], from: number): Promise<number> {
  return getPort({ reserve: true, port: [...candidates, ...portNumbers(from, from + 200)] })
}

/** @throws StartFailure when someone else has the port. */
export async function requireFreePort(port: number): Promise<number> {
  if ((await getPort({ port })) === port) return port
  throw new StartFailure(
    `Port ${port} is already in use`,
    'Stop what uses it, or choose another one with PORT',
  )
}
