import pRetry from 'p-retry'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { listen } from '../domain/database/listen.ts'
import { isDatabaseOutage } from '../domain/database/outage.ts'
import { webhookChannel } from '../domain/webhooks/webhook-events.ts'
import {
  type ClaimedDelivery,
  claimDeliveries,
  pruneDeliveries,
  recordOutcome,
} from '../domain/webhooks/webhook-queue.ts'
import { targetRulesFor } from '../domain/webhooks/webhook-target.ts'
import { outcomeOf, retryDelays } from './retry.ts'
import { createSender } from './send.ts'
import { signedRequest } from './sign.ts'
import { createWakeUp, type WakeUp } from './wake-up.ts'

const atOnce = 50
const atOncePerEndpoint = 5
/** Finds what became due, and what a lost notification did not tell; sooner where the first retry comes sooner. */
const pollInterval = 3_000
const pruneInterval = 3_600_000
/** Less than what is left of a lease after the longest attempt. */
const recordingPatience = 10_000

export interface RelayDependencies {
  db: DatabaseConnection
  /** For the one connection that listens for new deliveries. */
  databaseUrl: string
  /** The origin of the API: says whether webhooks may go to this machine. */
  publicUrl: string
  logger: { info(facts: object, message: string): void; warn(facts: object, message: string): void }
  /** Milliseconds to wait after each failed attempt. Default: `retryDelays`. */
  schedule?: readonly number[]
}

/** Sends what happened to those who listen, as many processes at once as there are. */
export interface Relay {
  /** Starts nothing more, and waits for what is under way: ten seconds and its recording at most. */
  stop(): Promise<void>
}

export function startRelay(dependencies: RelayDependencies): Relay {
  const stopping = new AbortController()
  const { signal } = stopping
  const wakeUp = createWakeUp(signal)
  const listening = listen(dependencies.databaseUrl, webhookChannel, signal, {
    onNotification: wakeUp.wake,
    onConnected: wakeUp.wake,
  })
  const relaying = relayUntil(signal, wakeUp, dependencies)
  return {
    async stop() {
      stopping.abort()
      await Promise.all([listening, relaying])
    },
  }
}

async function relayUntil(
  signal: AbortSignal,
  wakeUp: WakeUp,
  dependencies: RelayDependencies,
): Promise<void> {
  const { db, logger, schedule = retryDelays } = dependencies
  const sender = createSender(targetRulesFor(dependencies.publicUrl))
  const underWay = new Map<Promise<void>, string>()
  let nextPrune = 0
  let away = false

  const attempt = async (delivery: ClaimedDelivery): Promise<void> => {
    const answer = await sender.post(delivery.url, signedRequest(delivery, new Date()))
    await recordPatiently(db, delivery, outcomeOf(answer, delivery.attempt, schedule))
  }
  const claim = async (): Promise<number> => {
    const free = atOnce - underWay.size
    if (free === 0) return 0
    const busyEndpoints = endpointsWith(atOncePerEndpoint, underWay.values())
    const claimed = await claimDeliveries(db, { total: free, perEndpoint: atOncePerEndpoint, busyEndpoints })
    for (const delivery of claimed) {
      const attempting = attempt(delivery)
        // Not recorded, it is tried again when its lease ends.
        .catch((error: unknown) =>
          logger.warn({ delivery: delivery.id, reason: nameOf(error) }, 'not recorded'),
        )
        .finally(() => {
          underWay.delete(attempting)
          wakeUp.wake()
        })
      underWay.set(attempting, delivery.endpointId)
    }
    return claimed.length
  }
  const prune = async (): Promise<void> => {
    if (Date.now() < nextPrune) return
    nextPrune = Date.now() + pruneInterval
    const pruned = await pruneDeliveries(db)
    if (pruned > 0) logger.info({ pruned }, 'forgot old webhook deliveries')
  }

  while (!signal.aborted) {
    try {
      if ((await claim()) === 0) await prune()
      away = false
    } catch (error) {
      // Said once, not at every poll.
      if (!away) logger.warn({ reason: nameOf(error) }, 'webhooks are held up')
      away = true
    }
    await wakeUp.next(Math.min(pollInterval, schedule[0] ?? pollInterval))
  }
  await Promise.all(underWay.keys())
  sender.close()
}

/** Only this process knows what the receiver answered, so a database that is away for a moment is waited for. */
async function recordPatiently(
  db: DatabaseConnection,
  ...outcome: DropFirst<Parameters<typeof recordOutcome>>
) {
  await pRetry(() => recordOutcome(db, ...outcome), {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 100,
    maxTimeout: 1_000,
    maxRetryTime: recordingPatience,
    shouldRetry: ({ error }) => isDatabaseOutage(error),
  })
}

type DropFirst<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never

function endpointsWith(atLeast: number, endpoints: Iterable<string>): string[] {
  const counts = new Map<string, number>()
  for (const id of endpoints) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [...counts].filter(([, count]) => count >= atLeast).map(([id]) => id)
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')
