import { Worker } from '@temporalio/worker'
import { afterAll, describe, expect, inject, it, test } from 'vitest'
import { decisionNames } from '../../workflows/contract.ts'
import * as registered from '../../workflows/registered.ts'
import { recordedHistories } from './record-history.ts'

const histories = recordedHistories()

describe('the present workflow code replays', () => {
  // One worker replays all histories: each test writes its own to the stream and waits for the result.
  const { readable, writable } = new TransformStream()
  const toReplay = writable.getWriter()
  const results = Worker.runReplayHistories({ workflowBundle: { codePath: inject('bundlePath') } }, readable)
  afterAll(() => results.return?.())

  it.each(histories.map(({ name, history }) => [name, history]))('%s', async (name, history) => {
    void toReplay.write({ workflowId: name, history })
    const { value } = await results.next()
    if (value.error) throw value.error
  })
})

describe('a recorded history exists', () => {
  const summaries = histories.map(({ summary }) => summary)

  test.each(Object.keys(registered))('of the workflow type %s', (type) => {
    expect(summaries.map((summary) => summary.type)).toContain(type)
  })
  test.each(Object.values(decisionNames).flatMap((name) => [`signal ${name}`, `update ${name}`]))(
    'with the %s',
    (decision) => expect(summaries.flatMap(({ decisions }) => decisions)).toContain(decision),
  )
  test.each(['completed', 'cancelled', 'failed', 'continued as new'])('that ends as %s', (ending) => {
    expect(summaries.map((summary) => summary.ending)).toContain(ending)
  })
})

test('no recorded history names the machine that recorded it', () => {
  const namesMachine = /"(?:identity|stackTrace)":|\d+@\w|file:\/\//
  expect(histories.filter(({ history }) => namesMachine.test(JSON.stringify(history)))).toEqual([])
})
