import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * What the proxy does with the answers of the server after an effect: it breaks the connection (lost), or keeps it open and sends
 * nothing (held back).
 */
export type TcpFault = 'answer lost' | 'answer held back'

/**
 * Runs a proxy in front of a TCP server while `body` runs. The proxy works for every protocol, because it counts effects before it
 * passes on an answer.
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
  let faulty: Socket | undefined
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname)
    keep(client)
    keep(server)
    client.pipe(server)
    client.on('close', () => server.destroy())
    passAnswers({
      client,
      server,
      fault,
      // Only the connection that had the effect is faulty, so that a client which tries again by itself has a second effect.
      isFaulty: async () => {
        if (faulty === undefined && (await provider.countEffects()) > before) faulty = client
        return faulty === client
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
  isFaulty(): Promise<boolean>
}

function passAnswers({ client, server, fault, isFaulty }: Answering): void {
  // Handle one chunk at a time: a later chunk must not overtake the count for an earlier one.
  let answering = Promise.resolve()
  server.on('data', (chunk) => {
    answering = answering
      .then(async () => {
        if (!(await isFaulty())) client.write(chunk)
        else if (fault === 'answer lost') client.destroy()
      })
      .catch(() => void client.destroy())
  })
  server.on('close', () => {
    answering = answering.then(() => void (fault === 'answer lost' && client.end()))
  })
}
