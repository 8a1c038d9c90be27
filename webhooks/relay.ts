import type { DatabaseConnection } from '../domain/database/connection.ts'
import { listen } from '../domain/database/listen.ts'
import { outlastOutage } from '../domain/database/outage.ts'
import { webhookChannel } from '../domain/webhooks/webhook-events.ts'
import {
  type ClaimedDelivery,
  claimDeliveries,
  pruneDeliveries,
  recordOutcome,
} from '../domain/webhooks/webhook-queue.ts'
import { targetRulesFor } from '../domain/webhooks/webhook-target.ts'
import { outcomeAfter, retryDelays } from './retry.ts'
import { createSender } from './send.ts'
import { signedRequest } from './sign.ts'
import { createWakeUp, type WakeUp } from './wake-up.ts'

const atOnce = 50
const atOncePerEndpoint = 5
/** The longest wait between two polls for due deliveries; shorter if the first retry comes sooner. */
const pollInterval = 3_000
const pruneInterval = 3_600_000
/** The time for recording an outcome. It is shorter than the rest of the lease after the longest attempt. */
const recordingPatience = 10_000

export interface RelayDependencies {
  db: DatabaseConnection
  /** For the connection that listens for new deliveries. */
  databaseUrl: string
  /** The origin of the API. It decides whether webhooks may be sent to this machine. */
  publicUrl: string
  logger: { info(facts: object, message: string): void; warn(facts: object, message: string): void }
  /** The wait after each failed attempt, in milliseconds. Default: `retryDelays`. */
  schedule?: readonly number[]
}

/** Sends the deliveries of the outbox. Several processes may run a relay at the same time. */
export interface Relay {
  /** Starts no more attempts, and waits until the running ones are recorded, twenty seconds at most. */
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
  const attempts = new Map<Promise<void>, string>()
  let nextPrune = 0
  let failing = false

  const attempt = async (delivery: ClaimedDelivery): Promise<void> => {
    const answer = await sender.post(delivery.url, signedRequest(delivery, new Date()))
    const outcome = outcomeAfter(answer, delivery.attempt, schedule)
    // Only this process knows the answer of the receiver.
    await outlastOutage(recordingPatience, () => recordOutcome(db, delivery, outcome))
  }
  const claim = async (): Promise<number> => {
    const free = atOnce - attempts.size
    if (free === 0) return 0
    const busyEndpoints = endpointsWith(atOncePerEndpoint, attempts.values())
    const claimed = await claimDeliveries(db, { total: free, perEndpoint: atOncePerEndpoint, busyEndpoints })
    for (const delivery of claimed) {
      const attempting = attempt(delivery)
        // A delivery whose outcome is not recorded is sent again when its lease ends.
        .catch((error: unknown) =>
          logger.warn(
            { delivery: delivery.id, reason: nameOf(error) },
            'webhook attempt not recorded; it will be repeated',
          ),
        )
        .finally(() => {
          attempts.delete(attempting)
          wakeUp.wake()
        })
      attempts.set(attempting, delivery.endpointId)
    }
    return claimed.length
  }
  const prune = async (): Promise<void> => {
    if (Date.now() < nextPrune) return
    nextPrune = Date.now() + pruneInterval
    const pruned = await pruneDeliveries(db)
    if (pruned > 0) logger.info({ pruned }, 'deleted old webhook deliveries')
  }

  while (!signal.aborted) {
    try {
      if ((await claim()) === 0) await prune()
      failing = false
    } catch (error) {
      // One line for an outage, not one for each poll.
      if (!failing)
        logger.warn({ reason: nameOf(error) }, 'cannot read webhook deliveries; the relay goes on trying')
      failing = true
    }
    await wakeUp.next(Math.min(pollInterval, schedule[0] ?? pollInterval))
  }
  await Promise.all(attempts.keys())
  sender.close()
}

function endpointsWith(atLeast: number, endpoints: Iterable<string>): string[] {
  const counts = new Map<string, number>()
  for (const id of endpoints) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [...counts].filter(([, count]) => count >= atLeast).map(([id]) => id)
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')
