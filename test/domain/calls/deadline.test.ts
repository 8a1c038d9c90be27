import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeadlinePassed, withDeadline } from '../../../domain/calls/deadline.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const seen: AbortSignal[] = []
const answering = async (signal: AbortSignal) => {
  seen.push(signal)
  return 'answer'
}
const silent = (signal: AbortSignal) => {
  seen.push(signal)
  return new Promise<never>(() => undefined)
}

test('a call that ends well leaves no timer, no listener and a signal that never aborts', async () => {
  const outer = new AbortController()
  const listeners = vi.spyOn(outer.signal, 'removeEventListener')
  expect(await withDeadline({ milliseconds: 1_000, signal: outer.signal }, answering)).toBe('answer')
  expect(vi.getTimerCount()).toBe(0)
  expect(listeners).toHaveBeenCalledOnce()
  vi.advanceTimersByTime(2_000)
  outer.abort()
  expect(seen.at(-1)?.aborted).toBe(false)
})

test('a call that fails leaves no timer either', async () => {
  const failing = withDeadline({ milliseconds: 1_000 }, async () => {
    throw new Error('refused')
  })
  await expect(failing).rejects.toThrow('refused')
  expect(vi.getTimerCount()).toBe(0)
})

test('a call whose time is up is told so and not waited for', async () => {
  const late = withDeadline({ milliseconds: 1_500 }, silent).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(1_500)
  const error = await late
  expect(error).toEqual(new DeadlinePassed('There was no answer within 1.5 seconds'))
  expect(seen.at(-1)?.reason).toBe(error)
})

test('a caller says what is thrown when the time is up', async () => {
  const deadline = { milliseconds: 1_000, late: () => new Error('too late') }
  const late = withDeadline(deadline, silent).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await late).toEqual(new Error('too late'))
})

test.each(['before', 'while'])(
  'a call that is cancelled %s it runs is told so and waited for',
  async (when) => {
    const outer = new AbortController()
    const cancelled = new Error('cancelled')
    if (when === 'before') outer.abort(cancelled)
    const calling = withDeadline({ milliseconds: 1_000, signal: outer.signal }, async (signal) => {
      await Promise.resolve()
      return signal.reason
    })
    outer.abort(cancelled)
    expect(await calling).toBe(cancelled)
    expect(vi.getTimerCount()).toBe(0)
  },
)
