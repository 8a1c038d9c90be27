import { expect, test } from 'vitest'
import { checkProviders } from '../../cli/doctor/check-providers.ts'
import { definePlugin, type Notifier } from '../../plugins/plugin-contract.ts'
import { smtp } from '../../plugins/smtp/plugin.ts'

test('a provider that gives no answer in time counts as unreachable, also when it heeds no signal', async () => {
  const plugin = smtp({ url: 'smtp://127.0.0.1:9', from: 'no-reply@tenantry.example' })
  const [like] = plugin.notifiers ?? []
  if (like === undefined) throw new Error('The plug-in brings no notifier.')
  const deaf: Notifier = { ...like, id: 'deaf', check: () => new Promise(() => undefined) }
  const obedient: Notifier = {
    ...like,
    id: 'obedient',
    check: (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      ),
  }
  const verdicts = await checkProviders([definePlugin({ name: 'slow', notifiers: [deaf, obedient] })], 100)
  const noAnswer = expect.objectContaining({ message: 'The provider gave no answer within 0.1 seconds.' })
  expect(verdicts).toEqual([
    { title: 'Notifier "deaf"', faults: [noAnswer] },
    { title: 'Notifier "obedient"', faults: [noAnswer] },
  ])
  await plugin.close?.()
})
