import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import type { Contender } from './contenders.ts'

export interface Measurement {
  name: string
  /** Of each round. */
  perSecond: number[]
  /** Median of single runs with nothing else going on, in milliseconds. */
  p50: number
  /** CPU milliseconds per onboarding, by process. */
  cpu: Record<string, number>
  /** Transactions that wrote to our Postgres, per onboarding. */
  writes: number
}

export interface Probes {
  databaseUrl: string
  /** Process ids by name. A Postgres server's children are counted with it. */
  processes: Record<string, number>
}

export const inFlight = 40

/** Keeps `inFlight` runs going until `count` are done. */
export async function keepBusy(contender: Contender, count: number): Promise<void> {
  await sustain(contender, count, () => undefined)
}

export interface Round {
  perSecond: number
  cpu: Record<string, number>
}

/**
 * Keeps `inFlight` runs going, and looks only at the time between the end of the `leadIn`th run and the end of `count`
 * more: neither what wakes up at the beginning nor the emptying at the end is counted.
 */
export async function measureRound(
  contender: Contender,
  { leadIn, count, processes }: { leadIn: number; count: number; processes: Probes['processes'] },
): Promise<Round> {
  const marks: { at: number; cpu: Record<string, number> }[] = []
  await sustain(contender, leadIn + count + inFlight, (done) => {
    if (done === leadIn || done === leadIn + count)
      marks.push({ at: performance.now(), cpu: cpuTimes(processes) })
  })
  const [from, to] = marks
  if (from === undefined || to === undefined) throw new Error('The round was not finished.')
  return {
    perSecond: count / ((to.at - from.at) / 1000),
    cpu: Object.fromEntries(
      Object.entries(to.cpu).map(([name, after]) => [name, (after - (from.cpu[name] ?? 0)) / count]),
    ),
  }
}

async function sustain(contender: Contender, count: number, onDone: (done: number) => void): Promise<void> {
  let started = 0
  let done = 0
  const inline = async () => {
    while (started < count) {
      started += 1
      await contender.runOnce()
      done += 1
      onDone(done)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, inline))
}

/** One after another. @returns the median in milliseconds. */
export async function latencyAlone(contender: Contender, count: number): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < count; run += 1) {
    const begin = performance.now()
    await contender.runOnce()
    times.push(performance.now() - begin)
  }
  return median(times)
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/**
 * Each transaction that writes takes the next transaction id, and one that only reads takes none: the difference of the
 * next free id counts them.
 */
export async function nextTransactionId(databaseUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ xmax: string }>(
    'select pg_snapshot_xmax(pg_current_snapshot())::text as xmax',
  )
  await client.end()
  return Number(rows[0]?.xmax)
}

/** CPU milliseconds, user and system, that each process has used so far. Linux only. */
function cpuTimes(processes: Probes['processes']): Record<string, number> {
  const children = childrenByParent()
  return Object.fromEntries(
    Object.entries(processes).map(([name, pid]) => [
      name,
      // Postgres works in children; the other processes that have some are measured one by one.
      [pid, ...(name === 'Postgres' ? (children.get(pid) ?? []) : [])].reduce(
        (sum, one) => sum + cpuTime(one),
        0,
      ),
    ]),
  )
}

const ticksPerSecond = 100

function cpuTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // Its own user and system time, and that of children which have ended.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return (ticks * 1000) / ticksPerSecond
  } catch {
    // It ended between the listing and the look.
    return 0
  }
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>()
  for (const line of execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')) {
    const [pid = 0, parent = 0] = line.trim().split(/\s+/).map(Number)
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  return children
}
