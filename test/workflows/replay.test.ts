import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from '@temporalio/worker'
import { describe, expect, inject, it } from 'vitest'
import { historiesFolder } from './record-history.ts'

const histories = readdirSync(historiesFolder).filter((name) => name.endsWith('.json'))

describe('the workflow code of today replays', () => {
  it('has histories to replay', () => expect(histories.length).toBeGreaterThan(10))

  it.each(histories)('%s', async (name) => {
    const history: unknown = JSON.parse(readFileSync(`${historiesFolder}${name}`, 'utf8'))
    await Worker.runReplayHistory({ workflowBundle: { codePath: inject('bundlePath') } }, history)
  })
})
