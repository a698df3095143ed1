"""WebSocket, server side (RFC 6455), for connections that carry pictures: few copies, no queues."""
