import { expect, test } from 'vitest'
import { checkProviders } from '../../cli/doctor/check-providers.ts'
import { definePlugin, type Notifier } from '../../plugins/plugin-contract.ts'
import { smtp } from '../../plugins/smtp/plugin.ts'

test('a provider that does not answer in time is a fault, even if its check ignores the signal', async () => {
  const plugin = smtp({ url: 'smtp://127.0.0.1:9', from: 'no-reply@tenantry.example' })
  const [like] = plugin.notifiers ?? []
  if (like === undefined) throw new Error('The plug-in brings no notifier.')
  const ignoresSignal: Notifier = { ...like, id: 'ignores-signal', check: () => new Promise(() => undefined) }
  const heedsSignal: Notifier = {
    ...like,
    id: 'heeds-signal',
    check: (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      ),
  }
  const verdicts = await checkProviders(
    [definePlugin({ name: 'slow', notifiers: [ignoresSignal, heedsSignal] })],
    100,
  )
  const noAnswer = expect.objectContaining({ message: 'The provider gave no answer within 0.1 seconds.' })
  expect(verdicts).toEqual([
    { title: 'Notifier "ignores-signal"', faults: [noAnswer] },
    { title: 'Notifier "heeds-signal"', faults: [noAnswer] },
  ])
  await plugin.close?.()
})
