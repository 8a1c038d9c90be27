import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import pg from 'pg'
import type { Contender } from './contenders.ts'

export interface Measurement {
  name: string
  /** The throughput of each round. */
  perSecond: number[]
  /** The median duration of single runs without load, in milliseconds. */
  p50: number
  /** CPU milliseconds per account, by process. */
  cpu: Numbers
  /** The number of write transactions in our Postgres per account. */
  writes: number
}

type Numbers = Record<string, number>

/** The number of concurrent runs. */
export const inFlight = 40

export interface Round {
  perSecond: number
  cpu: Numbers
}

/**
 * Measures one round with `inFlight` concurrent runs. Only the time between the end of run `leadIn` and the end of run
 * `leadIn + count` counts, so that the start and the end of the load are left out.
 * @throws Error when fewer runs end.
 */
export async function measureRound(
  contender: Contender,
  { leadIn, count, processes }: { leadIn: number; count: number; processes: Numbers },
): Promise<Round> {
  const marks: { at: number; cpu: Numbers }[] = []
  await runMany(contender, leadIn + count + inFlight, (done) => {
    if (done === leadIn || done === leadIn + count)
      marks.push({ at: performance.now(), cpu: cpuTimes(processes) })
  })
  const [from, to] = marks
  if (from === undefined || to === undefined) throw new Error('The round was not finished.')
  return {
    perSecond: count / ((to.at - from.at) / 1000),
    cpu: mapValues(to.cpu, (after, name) => (after - (from.cpu[name] ?? 0)) / count),
  }
}

/** Does `count` runs, `inFlight` of them at a time. @param onDone gets the number of ended runs after each one. */
export async function runMany(
  contender: Contender,
  count: number,
  onDone: (done: number) => void = () => undefined,
): Promise<void> {
  let started = 0
  let done = 0
  const runInTurn = async () => {
    while (started < count) {
      started += 1
      await contender.runOnce()
      done += 1
      onDone(done)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, runInTurn))
}

/** Does `count` runs one after another. @returns the median duration in milliseconds. */
export async function latencyWithoutLoad(contender: Contender, count: number): Promise<number> {
  const times: number[] = []
  for (let run = 0; run < count; run += 1) {
    const begin = performance.now()
    await contender.runOnce()
    times.push(performance.now() - begin)
  }
  return median(times)
}

export function mapValues(values: Numbers, change: (value: number, name: string) => number): Numbers {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]))
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/**
 * Reads the next transaction id of Postgres. Only transactions that write take an id, so the difference of two readings is
 * the number of write transactions.
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

/** @returns the CPU milliseconds, user and system, that each process has used so far. Works on Linux only. */
function cpuTimes(processes: Numbers): Numbers {
  const children = childrenByParent()
  return mapValues(processes, (pid, name) => {
    // Postgres does its work in child processes. All other processes are in the list themselves.
    const pids = [pid, ...(name === 'Postgres' ? (children.get(pid) ?? []) : [])]
    return pids.reduce((sum, each) => sum + cpuTime(each), 0)
  })
}

const ticksPerSecond = 100

function cpuTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // The user and system time of the process and of its ended child processes.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return (ticks * 1000) / ticksPerSecond
  } catch {
    // The process has ended since it was listed.
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
