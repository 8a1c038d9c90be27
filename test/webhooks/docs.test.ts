import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import getPort from 'get-port'
import { expect } from 'vitest'
import { projectRoot } from '../../cli/deployment/environment.ts'
import { webhookEventTypes } from '../../domain/webhooks/webhook-events.ts'
import { test, until } from './webhooks-under-test.ts'

const page = readFileSync(join(projectRoot, 'docs/webhooks.md'), 'utf8')

test('The receiver in docs/webhooks.md accepts our deliveries and refuses others', async ({ webhooks }) => {
  const [, code = ''] = /```js\n([\s\S]+?)```/.exec(page) ?? []
  const port = await getPort()
  const url = `http://localhost:${port}/`
  const { body: endpoint } = await webhooks.api.post('/v1/organizations/root/webhook-endpoints', { url })
  const lines: string[] = []
  const receiver = execa(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: projectRoot,
    env: { PORT: String(port), WEBHOOK_SECRET: String(endpoint.secret) },
    extendEnv: false,
    stdout: function* (line: string) {
      lines.push(line)
      yield line
    },
    stderr: 'inherit',
    reject: false,
  })

  webhooks.relay()
  const { body: delivery } = await webhooks.api.send(
    'POST',
    `/v1/webhook-endpoints/${String(endpoint.id)}/test`,
  )
  await expect.poll(() => lines.join('\n'), until).toContain(`${String(delivery.eventId)} webhook.test`)
  expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(401)
  receiver.kill()
  await receiver
})

test('Every event type is in docs/webhooks.md', () => {
  for (const type of webhookEventTypes) {
    const [subject, change] = type.split('.')
    expect(page).toMatch(new RegExp(`\`${type}\`|\`${subject}\\.accepted\`.*\`\\.${change}\``))
  }
})
