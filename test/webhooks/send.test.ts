import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createSender, type Sender } from '../../webhooks/send.ts'

let server: Server
let sender: Sender
afterEach(async () => {
  sender.close()
  server.closeAllConnections()
  const closed = once(server, 'close')
  server.close()
  await closed
})

const request = { headers: {}, body: '{}' }

async function listen(listener: RequestListener): Promise<number> {
  server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function countConnections() {
  const connections: unknown[] = []
  const port = await listen((_, response) => response.end())
  server.on('connection', (socket) => void connections.push(socket))
  return { port, connections }
}

test('No connection is made to a private address, however the address is written', async () => {
  const { port, connections } = await countConnections()
  sender = createSender({ allowLoopback: false })
  for (const url of [
    `http://127.0.0.1:${port}/`,
    `https://127.0.0.1:${port}/`,
    `https://localhost:${port}/`,
    `https://[::ffff:127.0.0.1]:${port}/`,
    `https://[::1]:${port}/`,
    `https://0x7f000001:${port}/`,
    `https://0177.0.0.1:${port}/`,
    `https://2130706433:${port}/`,
    `https://127.1:${port}/`,
  ]) {
    expect(await sender.post(url, request)).toEqual({ httpStatus: null, error: 'address_not_allowed' })
  }
  expect(connections).toEqual([])
})

test('A name with one private address among its addresses is refused', async () => {
  const { port, connections } = await countConnections()
  const addresses = ['8.8.8.8', '127.0.0.1'].map((address) => ({ address, family: 4 }))
  sender = createSender({ allowLoopback: true, resolve: async () => addresses })
  expect(await sender.post(`https://receiver.example:${port}/`, request)).toEqual({
    httpStatus: null,
    error: 'address_not_allowed',
  })
  expect(connections).toEqual([])
})

test('A connection is made to the address that was checked, and the name is not resolved again', async () => {
  const port = await listen((_, response) => response.end())
  let lookups = 0
  const resolve = async () => [{ address: lookups++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }]
  sender = createSender({ allowLoopback: true, resolve })
  expect(await sender.post(`http://localhost:${port}/`, request)).toMatchObject({ httpStatus: 200 })
  expect(lookups).toBe(1)
})

test('A name without an address fails with `name_not_found`', async () => {
  await listen((_, response) => response.end())
  const unknown = Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })
  sender = createSender({ allowLoopback: false, resolve: () => Promise.reject(unknown) })
  expect(await sender.post('https://receiver.example/', request)).toMatchObject({ error: 'name_not_found' })
})

test('A redirect is returned as the answer and is not followed', async () => {
  const asked: (string | undefined)[] = []
  const port = await listen(({ url }, response) => {
    asked.push(url)
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  sender = createSender({ allowLoopback: true })
  expect(await sender.post(`http://127.0.0.1:${port}/here`, request)).toMatchObject({ httpStatus: 307 })
  expect(asked).toEqual(['/here'])
})

test('With loopback allowed, a mapped address of this machine is still refused', async () => {
  const port = await listen((_, response) => response.end())
  sender = createSender({ allowLoopback: true })
  expect(await sender.post(`http://127.0.0.1:${port}/`, request)).toMatchObject({ httpStatus: 200 })
  expect(await sender.post(`https://[::ffff:7f00:1]:${port}/`, request)).toMatchObject({
    error: 'address_not_allowed',
  })
})

test('A request on a kept connection that the receiver closed is sent again', async () => {
  const used = new WeakSet<Socket>()
  let resets = 0
  const port = await listen(({ socket }, response) => {
    if (used.has(socket)) {
      resets += 1
      socket.destroy()
      return
    }
    used.add(socket)
    response.writeHead(204).end()
  })
  sender = createSender({ allowLoopback: true })
  for (let count = 0; count < 5; count += 1) {
    expect(await sender.post(`http://127.0.0.1:${port}/`, request)).toMatchObject({ httpStatus: 204 })
  }
  expect(resets).toBeGreaterThan(0)
})

test.each([
  ['120', 120_000],
  ['Fri, 31 Dec 1999 23:59:59 GMT', 0],
  ['soon', undefined],
])('The header Retry-After "%s" is returned in milliseconds', async (header, retryAfter) => {
  const port = await listen((_, response) => response.writeHead(503, { 'retry-after': header }).end())
  sender = createSender({ allowLoopback: true })
  const answer = await sender.post(`http://127.0.0.1:${port}/`, request)
  expect([answer.httpStatus, answer.retryAfter]).toEqual([503, retryAfter])
})
