import { randomInt } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import getPort, { portNumbers } from 'get-port'
import { StartFailure } from './failure.ts'
import { tryProcessLock } from './processes/process-lock.ts'

export async function freePort(): Promise<number> {
  // Below the range that systems use for outgoing connections, which could take the port first.
  const start = randomInt(10_000, 31_000)
  return firstFreePort(portNumbers(start, start + 500))
}

/**
 * The first free port of the candidates. It stays reserved for this process, so that no other start chooses it before the
 * server opens it.
 * @throws StartFailure when all are taken.
 */
export async function firstFreePort(candidates: Iterable<number>): Promise<number> {
  for (const port of candidates) if (await reserve(port)) return port
  throw new StartFailure('No port is free on this machine', 'Stop a program that listens on a port')
}

/** @throws StartFailure when another program has the port. */
export async function requireFreePort(port: number): Promise<number> {
  if (await reserve(port)) return port
  throw new StartFailure(
    `Port ${port} is already in use`,
    'Stop the program that uses it, or choose another port with PORT',
  )
}

async function reserve(port: number): Promise<boolean> {
  const folder = join(tmpdir(), `tenantry-ports-${process.getuid?.() ?? 'user'}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // The reservation ends with this process, so it is never released.
  const { release } = tryProcessLock(join(folder, String(port)))
  if (release === undefined) return false
  if ((await getPort({ port })) === port) return true
  release()
  return false
}
