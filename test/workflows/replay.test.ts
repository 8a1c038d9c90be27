import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from '@temporalio/worker'
import { describe, expect, inject, it, test } from 'vitest'
import { operations } from '../../workflows/contract.ts'
import { patches } from '../../workflows/patches.ts'
import * as registered from '../../workflows/registered.ts'
import { historiesFolder } from './record-history.ts'
import { readStory } from './story.ts'

const histories = readdirSync(historiesFolder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({
    name,
    history: JSON.parse(readFileSync(`${historiesFolder}${name}`, 'utf8')) as unknown,
  }))

describe('the workflow code of today replays', () => {
  it.each(histories)('$name', async ({ history }) => {
    await Worker.runReplayHistory({ workflowBundle: { codePath: inject('bundlePath') } }, history)
  })
})

describe('there is a history', () => {
  const stories = histories.map(({ history }) => readStory(history))
  const all = (part: 'types' | 'decisions' | 'patches' | 'endings') =>
    new Set(stories.flatMap((story) => story[part]))

  test.each(Object.keys(registered))('of the workflow type %s', (type) => {
    expect(all('types')).toContain(type)
  })
  test.each(Object.values(operations).flatMap((name) => [`signal ${name}`, `update ${name}`]))(
    'with the %s',
    (decision) => expect(all('decisions')).toContain(decision),
  )
  test.each(Object.values(patches))('from after the patch %s', (patch) => {
    expect(all('patches')).toContain(patch)
  })
  test.each(['COMPLETED', 'FAILED', 'CONTINUED_AS_NEW'])('that ends as %s', (ending) => {
    expect(all('endings')).toContain(ending)
  })
})
