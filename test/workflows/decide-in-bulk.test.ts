import { Context } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import { describe, expect, test } from 'vitest'
import { bulkDecisions, type BulkProgress } from '../../workflows/contract.ts'
import { timeSkippingServer } from './time-skipping-server.ts'

const { perform } = timeSkippingServer()

/** Runs the workflow of a bulk decision with these activities, lets `act` use its handle, and returns the result. */
async function decideInBulk(
  { carryOut, stop }: { carryOut: () => Promise<BulkProgress>; stop?: () => Promise<void> },
  act: (handle: WorkflowHandle) => Promise<void> = async () => undefined,
): Promise<unknown> {
  const activities = {
    'carry-out-bulk-decision': carryOut,
    ...(stop === undefined ? {} : { 'stop-bulk-decision': stop }),
  }
  return perform(bulkDecisions.workflowType, { bulkId: 'blk_test' }, { activities }, async (handle) => {
    await act(handle)
    return handle.result()
  })
}

describe('a bulk decision', () => {
  test('is carried out in parts, and continues as new before its history grows long, until all items have a result', async () => {
    let parts = 0
    const result = await decideInBulk({
      carryOut: async () => {
        parts += 1
        return { counts: { completed: parts }, closed: parts === 103 }
      },
    })
    expect(result).toEqual({ counts: { completed: 103 }, closed: true })
  })

  test('that is stopped sends no more decisions and waits for the results of those it sent', async () => {
    const calls: string[] = []
    const begun = Promise.withResolvers<void>()
    const result = await decideInBulk(
      {
        carryOut: async () => {
          calls.push('carry out')
          if (calls.includes('stop')) return { counts: { completed: 1, refused: 1 }, closed: true }
          begun.resolve()
          const { heartbeat, cancelled } = Context.current()
          const beat = setInterval(heartbeat, 100)
          return cancelled.finally(() => clearInterval(beat))
        },
        stop: async () => void calls.push('stop'),
      },
      async (handle) => {
        await begun.promise
        await handle.cancel()
      },
    )
    expect(calls).toEqual(['carry out', 'stop', 'carry out'])
    expect(result).toMatchObject({ closed: true })
  })
})
