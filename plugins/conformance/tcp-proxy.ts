import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * What the proxy does once the provider has had an effect: the answer to what caused it never arrives, because the
 * connection breaks or stays silent.
 */
export type TcpFault = 'answer lost' | 'answer held back'

/**
 * Puts a proxy in front of a server of any protocol over TCP, for as long as `body` runs. It knows nothing of the
 * protocol: it counts effects before it lets an answer through.
 */
export async function throughTcpProxy<Result>(
  provider: { providerUrl: string; countEffects(): Promise<number> },
  fault: TcpFault,
  body: (url: string) => Promise<Result>,
): Promise<Result> {
  const target = new URL(provider.providerUrl)
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  }
  const before = await provider.countEffects()
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname)
    keep(client)
    keep(server)
    client.pipe(server)
    client.on('close', () => server.destroy())
    answerUnlessEffect({
      client,
      server,
      fault,
      effectsSince: async () => (await provider.countEffects()) - before,
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String((proxy.address() as AddressInfo).port)
  try {
    return await body(url.href)
  } finally {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  }
}

interface Answering {
  client: Socket
  server: Socket
  fault: TcpFault
  effectsSince(): Promise<number>
}

function answerUnlessEffect({ client, server, fault, effectsSince }: Answering): void {
  // One after the other: a later chunk may not overtake the counting for an earlier one.
  let answering = Promise.resolve()
  server.on('data', (chunk) => {
    answering = answering
      .then(async () => {
        if ((await effectsSince()) === 0) client.write(chunk)
        else if (fault === 'answer lost') client.destroy()
      })
      .catch(() => void client.destroy())
  })
  server.on('close', () => {
    answering = answering.then(() => void (fault === 'answer lost' && client.end()))
  })
}
