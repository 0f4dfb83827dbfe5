// SPDX-License-Identifier: Apache-2.0
package io.github.exactloss.examples.service;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A connection for requests that no well-behaved client sends. */
final class RawConnection implements AutoCloseable {
    private static final int ANSWER_MILLIS = 60_000; // for a server that fails to answer at all

    private final Socket socket;

    RawConnection(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(ANSWER_MILLIS);
    }

    static String head(String query, long contentLength) {
        return "POST /loss?" + query + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
                + "Content-Length: " + contentLength + "\r\n\r\n";
    }

    RawConnection send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawConnection send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Sends no more, which the server sees; it can still answer. */
    RawConnection endOutput() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Sends a byte every 50 ms until the server answers or closes the connection; then as {@link #status}. */
    int trickle(char endless) throws IOException {
        socket.setSoTimeout(50);
        while (true) {
            try {
                return status();
            } catch (SocketTimeoutException e) {
                send(String.valueOf(endless));
            } catch (SocketException e) {
                return 0;
            }
        }
    }

    /** The status of the next answer; 0 if the server closes the connection without one. */
    int status() throws IOException {
        byte[] start = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
        String text = new String(start, StandardCharsets.ISO_8859_1);
        return text.isEmpty() ? 0 : Integer.parseInt(text.substring(text.indexOf(' ') + 1));
    }

    /** All that the server sends until it closes the connection. */
    String rest() throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
