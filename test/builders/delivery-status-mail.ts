/** The values of a delivery report. The default is a bounce of a message to Ada. */
interface Bounce {
  /** The id of the message that the report is about, without angle brackets. */
  messageId: string
  email?: string
  action?: 'failed' | 'delayed' | 'delivered' | 'relayed'
  status?: string
}

const crlf = (text: string) => text.replaceAll(/\r?\n/g, '\r\n')

/** Makes a report as Postfix sends it, with the headers of the message as `text/rfc822-headers`, as RET=HDRS asks for. */
export function postfixReport({
  messageId,
  email = 'ada@example.com',
  action = 'failed',
  status = '5.1.1',
}: Bounce): string {
  return crlf(`Return-Path: <>
Received: by mx.relay.example (Postfix)
	id 4Zk3Qx1Yz7z9; Thu, 26 Nov 2026 03:12:45 +0000 (UTC)
Date: Thu, 26 Nov 2026 03:12:45 +0000 (UTC)
From: MAILER-DAEMON@mx.relay.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: no-reply@tenantry.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4Zk3Qx1Yz7z8.1764126765/mx.relay.example"
Content-Transfer-Encoding: 8bit
Message-Id: <20261126031245.4Zk3Qx1Yz7z9@mx.relay.example>

This is a MIME-encapsulated message.

--4Zk3Qx1Yz7z8.1764126765/mx.relay.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.relay.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

                   The mail system

<${email}>: host mail.example.com[192.0.2.25] said: 550 ${status}
    <${email}>: Recipient address rejected: User unknown in virtual mailbox
    table (in reply to RCPT TO command)

--4Zk3Qx1Yz7z8.1764126765/mx.relay.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.relay.example
X-Postfix-Queue-ID: 4Zk3Qx1Yz7z8
X-Postfix-Sender: rfc822; no-reply@tenantry.example
Arrival-Date: Thu, 26 Nov 2026 03:12:44 +0000 (UTC)

Final-Recipient: rfc822; ${email}
Original-Recipient: rfc822;${email}
Action: ${action}
Status: ${status}
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 ${status} <${email}>: Recipient address rejected: User
    unknown in virtual mailbox table

--4Zk3Qx1Yz7z8.1764126765/mx.relay.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: 8bit

Return-Path: <no-reply@tenantry.example>
Received: from app.tenantry.example (app.tenantry.example [192.0.2.7])
	by mx.relay.example (Postfix) with ESMTPS id 4Zk3Qx1Yz7z8
	for <${email}>; Thu, 26 Nov 2026 03:12:44 +0000 (UTC)
From: Tenantry <no-reply@tenantry.example>
To: =?utf-8?q?Ada_L=C3=B6velace?= <${email}>
Subject: Choose your password for Northwind Traders
Message-ID: <${messageId}>
Auto-Submitted: auto-generated
Date: Thu, 26 Nov 2026 03:12:44 +0000
MIME-Version: 1.0

--4Zk3Qx1Yz7z8.1764126765/mx.relay.example--
`)
}

/** Makes a report as Exim sends it: with the whole message, and with the unspecific status 5.0.0. */
export function eximReport({ messageId, email = 'ada@example.com' }: Bounce): string {
  return crlf(`Return-path: <>
Received: from Debian-exim by mx.relay.example with local (Exim 4.98)
	id 1vO4kL-000000001aB-0abc
	for no-reply@tenantry.example;
	Thu, 26 Nov 2026 03:12:45 +0000
X-Failed-Recipients: ${email}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.relay.example>
To: no-reply@tenantry.example
References: <${messageId}>
Content-Type: multipart/report; report-type=delivery-status; boundary=1764126765-eximdsn-804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1vO4kL-000000001aB-0abc@mx.relay.example>
Date: Thu, 26 Nov 2026 03:12:45 +0000

--1764126765-eximdsn-804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ${email}
    host mail.example.com [192.0.2.25]
    SMTP error from remote mail server after RCPT TO:<${email}>:
    550 5.1.1 <${email}>: Recipient address rejected: User unknown

--1764126765-eximdsn-804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mx.relay.example

Action: failed
Final-Recipient: rfc822;${email}
Status: 5.0.0
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 5.1.1 <${email}>: Recipient address rejected: User unknown

--1764126765-eximdsn-804289383
Content-type: message/rfc822

Return-path: <no-reply@tenantry.example>
Received: from [192.0.2.7] (helo=app.tenantry.example)
	by mx.relay.example with esmtps (Exim 4.98)
	id 1vO4kL-000000001aA-0abc
	for ${email};
	Thu, 26 Nov 2026 03:12:44 +0000
From: Tenantry <no-reply@tenantry.example>
To: Ada <${email}>
Subject: Choose your password for Northwind Traders
Message-ID: <${messageId}>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="--_NmP-1"

----_NmP-1
Content-Type: text/plain; charset=utf-8

Hello Ada,

----_NmP-1--

--1764126765-eximdsn-804289383--
`)
}

/** Makes a report as Exchange Online sends it: an HTML page, the report, and the headers as `message/rfc822`. */
export function exchangeReport({ messageId, email = 'ada@example.com' }: Bounce): string {
  return crlf(`From: Microsoft Outlook <postmaster@contoso.example>
To: <no-reply@tenantry.example>
Date: Thu, 26 Nov 2026 03:12:45 +0000
Content-Type: multipart/report; report-type=delivery-status;
	boundary="9B095B5ADSN=_01DC5E7F1A2B3C4D00000A11MW2NAM10FT0"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <d1a5e6f0-0c1b-4c47-a3a0-1f2e3d4c5b6a@MW2NAM10FT013.example>
In-Reply-To: <${messageId}>
References: <${messageId}>
Subject: Undeliverable: Choose your password for Northwind Traders
Auto-Submitted: auto-replied
MIME-Version: 1.0

--9B095B5ADSN=_01DC5E7F1A2B3C4D00000A11MW2NAM10FT0
Content-Type: multipart/alternative; differences=Content-Type;
	boundary="da1b2c3d-0001-4c47-a3a0-1f2e3d4c5b6a"

--da1b2c3d-0001-4c47-a3a0-1f2e3d4c5b6a
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to ${email} couldn't be delivered.
${email.split('@')[0]} wasn't found at ${email.split('@')[1]}.

--da1b2c3d-0001-4c47-a3a0-1f2e3d4c5b6a
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body><p>Your message to <b>${email}</b> couldn't be delivered.</p></body></html>

--da1b2c3d-0001-4c47-a3a0-1f2e3d4c5b6a--

--9B095B5ADSN=_01DC5E7F1A2B3C4D00000A11MW2NAM10FT0
Content-Type: message/delivery-status

Reporting-MTA: dns;MW2NAM10FT013.mail.protection.outlook.example
Received-From-MTA: dns;app.tenantry.example
Arrival-Date: Thu, 26 Nov 2026 03:12:44 +0000

Final-Recipient: rfc822;${email}
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient ${email} not found by SMTP address lookup

--9B095B5ADSN=_01DC5E7F1A2B3C4D00000A11MW2NAM10FT0
Content-Type: message/rfc822

Received: from app.tenantry.example (192.0.2.7) by
 MW2NAM10FT013.mail.protection.outlook.example (10.13.155.49) with Microsoft
 SMTP Server; Thu, 26 Nov 2026 03:12:44 +0000
From: Tenantry <no-reply@tenantry.example>
To: Ada <${email}>
Subject: Choose your password for Northwind Traders
Message-ID:
	<${messageId}>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain

--9B095B5ADSN=_01DC5E7F1A2B3C4D00000A11MW2NAM10FT0--
`)
}
