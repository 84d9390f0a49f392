# A stand-in for python:<version>-slim-bookworm; see base-images.
ARG DEBIAN
FROM ${DEBIAN}
ARG MINOR
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
COPY local/ /usr/local/
# The links and pip as the official image has them.
RUN ldconfig \
 && ln -s "python${MINOR}" /usr/local/bin/python \
 && ln -s "python${MINOR}" /usr/local/bin/python3 \
 && python -m ensurepip --default-pip \
 && ln -sf pip3 /usr/local/bin/pip \
 && python -c "import ssl, sqlite3, ctypes, bz2, lzma, zlib, readline"
CMD ["python3"]
