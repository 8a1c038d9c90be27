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
  let struck: Socket | undefined
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname)
    keep(client)
    keep(server)
    client.pipe(server)
    client.on('close', () => server.destroy())
    answerUnlessStruck({
      client,
      server,
      fault,
      // Only the connection on which the effect was made: one that tries again by itself has to be found out.
      isStruck: async () => {
        if (struck === undefined && (await provider.countEffects()) > before) struck = client
        return struck === client
      },
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
  isStruck(): Promise<boolean>
}

function answerUnlessStruck({ client, server, fault, isStruck }: Answering): void {
  // One after the other: a later chunk may not overtake the counting for an earlier one.
  let answering = Promise.resolve()
  server.on('data', (chunk) => {
    answering = answering
      .then(async () => {
        if (!(await isStruck())) client.write(chunk)
        else if (fault === 'answer lost') client.destroy()
      })
      .catch(() => void client.destroy())
  })
  server.on('close', () => {
    answering = answering.then(() => void (fault === 'answer lost' && client.end()))
  })
}
