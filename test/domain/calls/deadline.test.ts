import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeadlinePassed, withDeadline } from '../../../domain/calls/deadline.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const signals: AbortSignal[] = []
const callWithAnswer = async (signal: AbortSignal) => {
  signals.push(signal)
  return 'answer'
}
const callWithoutEnd = (signal: AbortSignal) => {
  signals.push(signal)
  return new Promise<never>(() => undefined)
}

test('a call that succeeds leaves no timer and no listener, and its signal never aborts', async () => {
  const outer = new AbortController()
  const listeners = vi.spyOn(outer.signal, 'removeEventListener')
  expect(await withDeadline({ milliseconds: 1_000, signal: outer.signal }, callWithAnswer)).toBe('answer')
  expect(vi.getTimerCount()).toBe(0)
  expect(listeners).toHaveBeenCalledOnce()
  vi.advanceTimersByTime(2_000)
  outer.abort()
  expect(signals.at(-1)?.aborted).toBe(false)
})

test('a call that fails leaves no timer', async () => {
  const failing = withDeadline({ milliseconds: 1_000 }, async () => {
    throw new Error('refused')
  })
  await expect(failing).rejects.toThrow('refused')
  expect(vi.getTimerCount()).toBe(0)
})

test('a call that passes its deadline is aborted and not waited for', async () => {
  const late = withDeadline({ milliseconds: 1_500 }, callWithoutEnd).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(1_500)
  const error = await late
  expect(error).toEqual(new DeadlinePassed('There was no answer within 1.5 seconds'))
  expect(signals.at(-1)?.reason).toBe(error)
})

test('a caller may choose the error of a passed deadline', async () => {
  const deadline = { milliseconds: 1_000, late: () => new Error('too late') }
  const late = withDeadline(deadline, callWithoutEnd).catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await late).toEqual(new Error('too late'))
})

test.each(['before', 'during'])(
  'a call whose caller aborts %s the call is aborted and waited for',
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
