import { Worker } from '@temporalio/worker'
import { afterAll, describe, expect, inject, it, test } from 'vitest'
import { operations } from '../../workflows/contract.ts'
import * as registered from '../../workflows/registered.ts'
import { keptHistories } from './record-history.ts'

const histories = keptHistories()

describe('the workflow code of today replays', () => {
  // One worker takes them one by one, each when its test comes to it.
  const { readable, writable } = new TransformStream()
  const asked = writable.getWriter()
  const replayed = Worker.runReplayHistories({ workflowBundle: { codePath: inject('bundlePath') } }, readable)
  afterAll(() => replayed.return?.())

  it.each(histories.map(({ name, history }) => [name, history]))('%s', async (name, history) => {
    void asked.write({ workflowId: name, history })
    const { value } = await replayed.next()
    if (value.error) throw value.error
  })
})

describe('there is a history', () => {
  const stories = histories.map(({ story }) => story)

  test.each(Object.keys(registered))('of the workflow type %s', (type) => {
    expect(stories.map((story) => story.type)).toContain(type)
  })
  test.each(Object.values(operations).flatMap((name) => [`signal ${name}`, `update ${name}`]))(
    'with the %s',
    (decision) => expect(stories.flatMap(({ decisions }) => decisions)).toContain(decision),
  )
  test.each(['completed', 'cancelled', 'failed', 'continued as new'])('that ends as %s', (ending) => {
    expect(stories.map((story) => story.ending)).toContain(ending)
  })
})

test('no history says where it was recorded', () => {
  const isPlace = /"(?:identity|stackTrace)":|\d+@\w|file:\/\//
  expect(histories.filter(({ history }) => isPlace.test(JSON.stringify(history)))).toEqual([])
})
